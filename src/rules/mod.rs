//! Validators' rules as dated data: one [`Revision`] for each period in which they stood still.
//!
//! `revisions.toml` holds them all; each entry holds only what differs from its base.

mod catalogue;
mod diff;
mod formula;
mod gates;
mod revision;
mod standing;
mod switches;

pub use catalogue::{Catalogue, RulesError};
pub use diff::{Change, diff};
pub use formula::{
    BelowFloor, CompressionConstants, CompressionFormula, FinalFormula, LengthFormula,
    PieappAggregation, PieappSum, Pooling, QualityTransform, TierTable, UpscaleFormula, spelled,
};
pub use gates::{
    ChromaRule, ColorSource, FrameRateRule, GateName, GateRules, GrayscaleRule, MetricDuplicates,
    ProximityRule, ToneFitRule, ToneLimits, ToneRule,
};
pub use revision::{
    CompressionRules, FramePath, MeasureRules, NetworkChannels, PieappRules, PieappStart, Pixels,
    RateRule, Reference, Revision, UpscalingRules, VmafModel, VmafRules, short_commit,
};
pub use standing::{
    EmissionStates, LedgerRules, MarginEffect, MultiplierRules, OrganicCompression,
    OrganicUpscaling, RewardRules, RoundScore, StateShares, TaskChange, TierBy, VmafMargin,
    WeightMode, WindowOf,
};
pub use switches::{
    BelowThreshold, CodecFrom, ComparedWith, FrameCountBy, GateCodes, Scorer, ValidatorFault,
    VmafFailure,
};

/// Name of the revision used when nobody names another.
pub const DEFAULT_REVISION: &str = "documented";
