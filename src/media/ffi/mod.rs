//! The only module that calls FFmpeg: thin owners of its objects, which free them and uphold their invariants.
#![expect(
    unsafe_code,
    reason = "FFmpeg is a C library; each block states its invariant"
)]

mod complaints;
mod decoder;
mod format;
mod frame;
mod input;
mod library;
mod packet;
mod scaler;
mod stream;
mod tags;

pub(super) use decoder::{Care, Decoder, Received, Skip};
pub(super) use format::FormatFacts;
pub use frame::Frame;
pub(super) use input::{Input, OpenError};
pub use library::{LibraryVersions, library_versions};
pub(super) use library::{error_text, is_invalid_data, is_out_of_memory};
pub(super) use packet::Packet;
pub use scaler::Filter;
pub(super) use scaler::{ROW_ALIGNMENT, Scaler, ScalerSettings, Target, YUV420P};
pub(super) use stream::StreamFacts;
