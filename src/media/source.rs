//! A source of decoded frames.

use super::error::MediaError;
use super::ffi::Frame;

/// A source of frames with their display indices, however they are decoded.
pub trait FrameSource: Send {
    /// The next frame with its display index, or nothing at the end.
    ///
    /// # Errors
    /// What is wrong with the file, with its name.
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError>;
}
