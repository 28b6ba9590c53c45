//! What can be wrong with a video file, each with the file's name.

use std::path::PathBuf;

/// Why a file could not be used as a video.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// There is no such file.
    #[error("{path}: there is no such file", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder was given.
    #[error("{path}: this is a folder, not a video file", path = path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("{path}: the file is empty", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file may not be read.
    #[error("{path}: no permission to read it", path = path.display())]
    Permission {
        /// The file.
        path: PathBuf,
    },
    /// The system does not give it out.
    #[error("{path}: cannot be read ({reason})", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// FFmpeg does not recognise the contents.
    #[error("{path}: not a video that FFmpeg can open ({reason})", path = path.display())]
    NotAVideo {
        /// The file.
        path: PathBuf,
        /// What FFmpeg said.
        reason: String,
    },
    /// The file has streams, but no picture among them.
    #[error("{path}: no video stream in it (it holds {found})", path = path.display())]
    NoVideoStream {
        /// The file.
        path: PathBuf,
        /// What it holds instead.
        found: String,
    },
    /// A still picture.
    #[error("{path}: a still picture ({format}), not a video", path = path.display())]
    StillPicture {
        /// The file.
        path: PathBuf,
        /// FFmpeg's name of the format.
        format: String,
    },
    /// The installed FFmpeg has no decoder for the stream.
    #[error("{path}: the installed FFmpeg has no decoder for {codec}", path = path.display())]
    NoDecoder {
        /// The file.
        path: PathBuf,
        /// Codec name.
        codec: String,
    },
    /// A frame is damaged.
    #[error("{path}: the stream is broken near frame {frame} ({reason})", path = path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Index of the first frame that could not be had whole.
        frame: u64,
        /// What FFmpeg said.
        reason: String,
    },
    /// The container promises more frames than the file holds.
    #[error("{path}: cut off: the container announces {announced} frames, but only {found} are there", path = path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Frames by the container's table.
        announced: u64,
        /// Frames found.
        found: u64,
    },
    /// A frame that was asked for does not exist.
    #[error("{path}: there is no frame {frame}; the video has {frames}", path = path.display())]
    NoSuchFrame {
        /// The file.
        path: PathBuf,
        /// Index asked for.
        frame: u64,
        /// Frames there are.
        frames: u64,
    },
    /// A pixel format that cannot be measured.
    #[error("{path}: pixel format {format} cannot be measured ({reason})", path = path.display())]
    PixelFormat {
        /// The file.
        path: PathBuf,
        /// FFmpeg's name of the format.
        format: String,
        /// Why.
        reason: String,
    },
    /// The picture size changes inside the stream.
    #[error("{path}: the picture size changes at frame {frame} from {before} to {after}", path = path.display())]
    SizeChange {
        /// The file.
        path: PathBuf,
        /// First frame of the new size.
        frame: u64,
        /// Size before, as text.
        before: String,
        /// Size after.
        after: String,
    },
    /// FFmpeg failed for a reason of its own, such as memory.
    #[error("{path}: FFmpeg failed to {action} ({reason})", path = path.display())]
    Ffmpeg {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What it said.
        reason: String,
    },
}
