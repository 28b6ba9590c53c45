//! Validators' rules as dated data: one [`Revision`] for each period in which they stood still.
//!
//! `revisions.toml` holds them all; each entry says only what it changes against its base.

mod catalogue;
mod diff;
mod formula;
mod revision;

pub use catalogue::{Catalogue, RulesError};
pub use diff::{Change, diff};
pub use formula::{
    BelowFloor, CompressionConstants, CompressionFormula, FinalFormula, LengthFormula,
    PieappAggregation, PieappSum, Pooling, QualityTransform, TierTable, UpscaleFormula,
};
pub use revision::{
    CompressionRules, FramePath, GateLimits, LedgerRules, MeasureRules, MultiplierRules,
    NetworkChannels, PieappRules, PieappStart, Pixels, RateRule, Reference, Revision, RewardRules,
    UpscalingRules, VmafModel, VmafRules,
};

/// Name of the revision used when nobody names another.
pub const DEFAULT_REVISION: &str = "documented";
