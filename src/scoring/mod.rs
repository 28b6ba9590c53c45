//! Every number a validator computes, as pure functions: no files, no clocks, no printing.
//!
//! Which variant of a formula applies is data of a [`crate::rules::Revision`]; the variants live here.

mod compression;
mod error;
mod ledger;
mod multipliers;
mod outlook;
mod pieapp;
mod pooling;
pub mod rewards;
mod round;
mod tier;
mod trend;
mod upscaling;

pub use compression::{
    CompressionInput, CompressionReason, CompressionScore, compression_rate, compression_rules,
    compression_score,
};
pub use error::ScoringError;
pub use ledger::{Effect, LedgerError, SUCCESS_ABOVE, Standing, check_video, recorded};
pub use multipliers::{Marks, Multipliers, marks, multipliers, window_average, window_tier};
pub use outlook::{Outlook, outlook};
pub use pieapp::aggregate_pieapp;
pub use pooling::{
    PooledVmaf, as_printed, harmonic_mean_libvmaf, harmonic_mean_plain, harmonic_mean_strict, mean,
    percentile, pool,
};
pub use round::Round;
pub use tier::tier;
pub use trend::{Direction, Trend, trend};
pub use upscaling::{UpscaleScore, length_score, quality_score, upscale_range, upscale_score};
