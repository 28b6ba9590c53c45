//! Why a file cannot be used as a video; every error names the file.

use std::path::PathBuf;

use super::ffi::{error_text, is_out_of_memory};

/// Why a file cannot be used as a video.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// There is no such file.
    #[error("{path}: there is no such file", path = path.display())]
    Missing { path: PathBuf },
    /// A folder was given.
    #[error("{path}: this is a folder, not a video file", path = path.display())]
    Directory { path: PathBuf },
    /// The file has no bytes.
    #[error("{path}: the file is empty", path = path.display())]
    Empty { path: PathBuf },
    /// The file may not be read.
    #[error("{path}: no permission to read it", path = path.display())]
    Permission { path: PathBuf },
    /// The system cannot read it.
    #[error("{path}: cannot be read ({reason})", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// FFmpeg does not recognize the contents.
    #[error("{path}: not a video that FFmpeg can open ({reason})", path = path.display())]
    NotAVideo { path: PathBuf, reason: String },
    /// The file has streams, but no video.
    #[error("{path}: no video stream in it (it holds {found})", path = path.display())]
    NoVideoStream { path: PathBuf, found: String },
    /// A still picture.
    #[error("{path}: a still picture ({format}), not a video", path = path.display())]
    StillPicture {
        path: PathBuf,
        /// FFmpeg's name of the format.
        format: String,
    },
    /// Several images in one file, without times.
    #[error("{path}: pictures one after another ({format}), not a video", path = path.display())]
    LoosePictures {
        path: PathBuf,
        /// FFmpeg's name of the format.
        format: String,
    },
    /// An animated WebP, which FFmpeg reads as a still picture.
    #[error("{path}: an animated WebP, which the installed FFmpeg cannot decode", path = path.display())]
    AnimatedWebp { path: PathBuf },
    /// The installed FFmpeg has no decoder for the stream.
    #[error("{path}: the installed FFmpeg has no decoder for {codec}", path = path.display())]
    NoDecoder { path: PathBuf, codec: String },
    /// A frame is damaged.
    #[error("{path}: the stream is broken near frame {frame} ({reason})", path = path.display())]
    Broken {
        path: PathBuf,
        /// Index of the first damaged frame.
        frame: u64,
        reason: String,
    },
    /// The container announces more frames than the file contains.
    #[error("{path}: cut off: the container announces {announced} frames, but only {found} are there", path = path.display())]
    Truncated {
        path: PathBuf,
        /// Number of frames that the container announces.
        announced: u64,
        /// Number of frames found.
        found: u64,
    },
    /// The file ends before the time that its container announces.
    #[error("{path}: cut off: {promise}, but {found}", path = path.display())]
    CutOff {
        path: PathBuf,
        /// What the container announces.
        promise: String,
        found: String,
    },
    /// The decoder outputs fewer frames than the stream has.
    #[error("{path}: the stream is damaged: of its {frames} frames only {decoded} can be decoded", path = path.display())]
    Undecoded {
        path: PathBuf,
        /// Number of frames of the stream.
        frames: u64,
        /// Frames that the decoder output.
        decoded: u64,
    },
    /// A requested frame does not exist.
    #[error("{path}: there is no frame {frame}; the video has {frames}", path = path.display())]
    NoSuchFrame {
        path: PathBuf,
        /// The requested index.
        frame: u64,
        /// Number of frames of the clip.
        frames: u64,
    },
    /// A pixel format that cannot be measured.
    #[error("{path}: pixel format {format} cannot be measured ({reason})", path = path.display())]
    PixelFormat {
        path: PathBuf,
        /// FFmpeg's name of the format.
        format: String,
        reason: String,
    },
    /// The frame size changes within the stream.
    #[error("{path}: the picture size changes at frame {frame} from {before} to {after}", path = path.display())]
    SizeChange {
        path: PathBuf,
        /// First frame of the new size.
        frame: u64,
        before: String,
        after: String,
    },
    /// Memory ran out.
    #[error("{path}: memory ran out: FFmpeg could not {action}", path = path.display())]
    OutOfMemory {
        path: PathBuf,
        /// What failed, as the object of "could not" or "failed to".
        action: &'static str,
    },
    /// FFmpeg failed for a reason of its own.
    #[error("{path}: FFmpeg failed to {action} ({reason})", path = path.display())]
    Ffmpeg {
        path: PathBuf,
        /// What failed, as the object of "could not" or "failed to".
        action: &'static str,
        reason: String,
    },
}

impl MediaError {
    /// Whether memory ran out, or was so short that the file may not be at fault.
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

    /// For an error code that FFmpeg returned for an action.
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
