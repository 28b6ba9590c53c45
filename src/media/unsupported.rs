//! Errors of frames that cannot be converted.

use std::path::Path;

use super::error::MediaError;
use super::ffi::{Frame, Scaler};

/// For a pixel format that cannot be measured.
pub(super) fn refused(path: &Path, frame: &Frame, reason: &str) -> MediaError {
    MediaError::PixelFormat {
        path: path.to_path_buf(),
        format: frame.format_name(),
        reason: reason.to_owned(),
    }
}

/// Why there is no scaler: swscale does not support the format, or memory ran out.
pub(super) fn no_scaler(path: &Path, frame: &Frame) -> MediaError {
    if Scaler::knows(frame.format()) {
        return MediaError::OutOfMemory {
            path: path.to_path_buf(),
            action: "convert a frame",
        };
    }
    refused(path, frame, "swscale cannot convert it")
}
