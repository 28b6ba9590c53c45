//! What can be wrong with a video file, each with the file's name.

use std::path::PathBuf;

use super::ffi::{error_text, is_out_of_memory};

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
    /// Several pictures in one file, and nothing that says when each is shown.
    #[error("{path}: pictures one after another ({format}), not a video", path = path.display())]
    LoosePictures {
        /// The file.
        path: PathBuf,
        /// FFmpeg's name of the format.
        format: String,
    },
    /// An animated picture of a kind that FFmpeg reads only as a still one.
    #[error("{path}: an animated WebP, which the installed FFmpeg cannot decode", path = path.display())]
    AnimatedWebp {
        /// The file.
        path: PathBuf,
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
    /// The file ends before the time that its container announces.
    #[error("{path}: cut off: {promise}, but {found}", path = path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// What the container announces.
        promise: String,
        /// What is there.
        found: String,
    },
    /// The decoder gives fewer pictures than the stream has frames.
    #[error("{path}: the stream is damaged: of its {frames} frames only {decoded} can be decoded", path = path.display())]
    Undecoded {
        /// The file.
        path: PathBuf,
        /// Frames of the stream.
        frames: u64,
        /// Pictures that came out.
        decoded: u64,
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
    /// Memory ran out.
    #[error("{path}: memory ran out: FFmpeg could not {action}", path = path.display())]
    OutOfMemory {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
    },
    /// FFmpeg failed for a reason of its own.
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

impl MediaError {
    /// Whether memory ran out, or was so short that the file may have nothing to do with it.
    #[must_use]
    pub fn is_for_want_of_memory(&self) -> bool {
        match self {
            Self::OutOfMemory { .. } => true,
            Self::NotAVideo { .. }
            | Self::NoVideoStream { .. }
            | Self::PixelFormat { .. }
            | Self::SizeChange { .. }
            | Self::Ffmpeg { .. } => super::memory::was_short(),
            other => other.damaged().is_some() && super::memory::was_short(),
        }
    }

    /// The file, if it is damaged or was cut off.
    #[must_use]
    pub fn damaged(&self) -> Option<&std::path::Path> {
        match self {
            Self::Broken { path, .. }
            | Self::Truncated { path, .. }
            | Self::Undecoded { path, .. }
            | Self::CutOff { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Of a code that FFmpeg gave for something that it was to do.
    pub(super) fn of_code(path: &std::path::Path, action: &'static str, code: i32) -> Self {
        let path = path.to_path_buf();
        if is_out_of_memory(code) {
            return Self::OutOfMemory { path, action };
        }
        Self::Ffmpeg {
            path,
            action,
            reason: error_text(code),
        }
    }
}
