//! Every number a validator computes, as pure functions: no files, no clocks, no printing.
//!
//! Which variant of a formula applies is said by a [`crate::rules::Revision`]; the variants live here.

mod compression;
mod error;
mod pieapp;
mod pooling;
mod tier;
mod upscaling;

pub use compression::{
    CompressionInput, CompressionReason, CompressionScore, compression_rate, compression_rules,
    compression_score,
};
pub use error::ScoringError;
pub use pieapp::aggregate_pieapp;
pub use pooling::{
    PooledVmaf, as_printed, harmonic_mean_libvmaf, harmonic_mean_plain, harmonic_mean_strict, mean,
    percentile, pool,
};
pub use tier::tier;
pub use upscaling::{UpscaleScore, length_score, quality_score, upscale_range, upscale_score};
