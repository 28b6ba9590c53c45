//! Everything that uses FFmpeg's libraries: the facts of a file, its frames in display order, pixel formats.
//!
//! All unsafe code of this room is in its folder `ffi`.

mod audio;
mod convert;
mod cut_off;
mod ending;
mod error;
mod facts;
mod ffi;
mod held;
mod images;
mod index;
mod memory;
mod open;
mod picked;
mod probe;
mod rgb;
mod sequential;
mod source;
mod unsupported;
mod view;

pub use audio::{AudioStream, audio_streams};
pub use convert::PixelConverter;
pub use error::MediaError;
pub use facts::{ClipFacts, FrameRate, FrameRateKind};
pub use ffi::{Filter, Frame, LibraryVersions, library_versions};
pub use held::HeldFrames;
pub use index::{FrameIndex, index_frames};
pub use picked::PickedFrames;
pub use probe::probe;
pub use rgb::{RgbConverter, RgbFrame};
pub use sequential::SequentialFrames;
pub use source::FrameSource;
pub use view::{FrameView, LumaFormat, Plane};
