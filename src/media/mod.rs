//! FFmpeg and nothing but FFmpeg: what a file is, its frames in display order, colour conversion.
//!
//! All unsafe code of this room stands in its folder `ffi`.

mod convert;
mod ending;
mod error;
mod ffi;
mod held;
mod index;
mod memory;
mod picked;
mod pictures;
mod probe;
mod sequential;
mod sound;

pub use convert::{FrameView, LumaFormat, PixelConverter, Plane, RgbConverter, RgbFrame};
pub use error::MediaError;
pub use ffi::{Filter, Frame, LibraryVersions, library_versions};
pub use held::HeldFrames;
pub use index::{FrameIndex, index_frames};
pub use picked::PickedFrames;
pub use probe::{ClipFacts, FrameRate, FrameRateKind, probe};
pub use sequential::SequentialFrames;
pub use sound::{SoundStream, sound_streams};

/// A source of numbered frames, whichever way they are found.
pub trait FrameSource: Send {
    /// The next frame with its index in display order, or nothing at the end.
    ///
    /// # Errors
    /// What is wrong with the file, with its name.
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError>;
}
