//! Names of the formula variants that revisions choose from. What they compute stands in
//! [`crate::scoring`]; no formula is spelled in the data.

use serde::{Deserialize, Serialize};

/// The spelling of a variant's name in the data, which results use, too.
#[must_use]
pub fn spelled(variant: &impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Which variant of S_f a revision uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CompressionFormula {
    /// `w_c (1 - C^1.5) + w_q (V - T) / (100 - T)`, zero below the threshold (2025-08-14).
    InlinePower,
    /// A soft zone of five points below the threshold, ratio powers above (2025-10-14).
    SoftZone,
    /// [`Self::SoftZone`], and zero from a rate of 0.80 on (2025-10-31).
    SoftZoneRateCut,
    /// Powers of 0.9 and a gentler logarithm, everything divided by 1.12 (2026-02-18).
    Normalised,
    /// [`Self::Normalised`] with a guard for thresholds of 100 and more (2026-08-10).
    NormalisedGuarded,
    /// `(w_c clamp(1 - C) + w_q V / 100) / 1.12`, a hard cliff at the threshold (`next`).
    LinearCliff,
}

/// Numbers of S_f.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompressionConstants {
    /// Weight of the compression component.
    pub rate: f64,
    /// Weight of the quality component.
    pub quality: f64,
    /// Width of the soft zone under the threshold, in VMAF points.
    pub soft_margin: f64,
}

/// How a PIE-APP value becomes S_Q.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum QualityTransform {
    /// Logarithm of a sigmoid, scaled so that 0 gives 1 and 2 gives 0 (2025-04-29).
    LogSigmoid,
    /// `1 / (1 + max(0, P))` (`next`).
    Reciprocal,
}

/// How seconds become S_L.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LengthFormula {
    /// `ln(1 + L) / ln(321)` (2025-06-06).
    Logarithmic,
    /// The same, at most 1 (`next`).
    LogarithmicCapped,
}

/// How S_pre becomes S_F.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FinalFormula {
    /// The score is S_Q itself; there is no length part (until 2025-06-06).
    QualityOnly,
    /// `0.1 exp(6.979 (S_pre - 0.5))` (2025-06-06).
    Exponential,
    /// The same, clamped to 0..1 (`next`).
    ExponentialClamped,
}

/// What a VMAF under the floor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BelowFloor {
    /// S_Q, S_L and S_F are all 0: what validators do.
    ZeroAll,
    /// Only S_Q is 0, and S_F follows from the formula: what the document and the script say.
    ZeroQuality,
}

/// Everything that turns PIE-APP, VMAF and a length into S_F.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpscaleFormula {
    /// PIE-APP to S_Q.
    pub quality: QualityTransform,
    /// Seconds to S_L.
    pub length: LengthFormula,
    /// S_pre to S_F.
    pub last: FinalFormula,
    /// Weight of S_Q in S_pre.
    pub weight_quality: f64,
    /// Weight of S_L in S_pre.
    pub weight_length: f64,
    /// VMAF points under which the gate fails; exactly this value passes.
    pub vmaf_floor: f64,
    /// What a failed gate does.
    pub below_floor: BelowFloor,
}

/// How the frames are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PieappSum {
    /// Left to right, rounding after every addition.
    Plain,
    /// As if with unlimited precision, rounded once.
    Exact,
}

/// The wrapper around the network.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PieappAggregation {
    /// Whether a negative frame counts by its absolute value.
    pub absolute: bool,
    /// Largest value that counts; none in `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<f64>,
    /// How the mean is formed.
    pub sum: PieappSum,
}

/// How a revision pools frames, with the rounding of the file it reads them from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Pooling {
    /// The `vmaf` program's XML: `n / sum(1 / (s + 1)) - 1`, printed with six decimals.
    HarmonicLibvmafXml,
    /// The FFmpeg JSON log: frames printed with six decimals, `n / sum(1 / s)` over those above 0.
    HarmonicPositiveJson,
    /// The mechanism document: `n / sum(1 / s)`; a frame of 0 makes the whole 0.
    HarmonicDocument,
    /// The arithmetic mean of all frames (`next`).
    Mean,
}

/// Which table of names a revision uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TierTable {
    /// The validator's, by S over strict limits (`miner_manager.py`). A validator applies it to the
    /// average of the window; here it is read off the one score.
    Validator,
    /// The mechanism document's "Performance Tier Analysis", by S_pre; each row is a lower bound.
    DocumentByPre,
    /// The published script's, by a single S_F.
    Script,
    /// The revision names no tiers (`next`).
    None,
}
