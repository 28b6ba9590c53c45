//! The only place that calls FFmpeg: thin owners of its objects that free them and keep their rules.
#![expect(
    unsafe_code,
    reason = "FFmpeg is a C library; each block states its invariant"
)]

mod complaints;
mod decoder;
mod frame;
mod input;
mod library;
mod scaler;

pub(super) use decoder::{Care, Decoder, Received, Skip};
pub(super) use frame::FormatFacts;
pub use frame::Frame;
pub(super) use input::{Input, OpenError, Packet, StreamFacts};
pub use library::{LibraryVersions, library_versions};
pub(super) use library::{error_text, is_invalid_data, is_out_of_memory};
pub use scaler::Filter;
pub(super) use scaler::{Scaler, ScalerSettings, Target, YUV420P};
