//! The type of one dated set of rules.

use serde::{Deserialize, Serialize};

use super::formula::{
    CompressionConstants, CompressionFormula, PieappAggregation, Pooling, TierTable, UpscaleFormula,
};
use super::gates::GateRules;
use super::standing::{LedgerRules, MultiplierRules, RewardRules};
use super::switches::Scorer;

/// As much of a commit as names it.
#[must_use]
pub fn short_commit(commit: &str) -> &str {
    &commit[..commit.len().min(8)]
}

/// All rules of validators in one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Revision {
    /// Unique name; for the network's code the date it came into force.
    pub name: String,
    /// Moment of coming into force, RFC 3339; absent for revisions that are not code of a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Repository the rules were read in.
    pub repository: String,
    pub commit: String,
    /// Other commits at which the same rules stood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_commits: Vec<String>,
    /// Files that hold the rules.
    pub sources: Vec<String>,
    /// What changed against the revision before.
    pub summary: String,
    /// Whether scores are also shown under this revision beside the one asked for.
    #[serde(default)]
    pub main: bool,
    /// Which program scores the validators' own and their customers' tasks.
    pub scorer: Scorer,
    /// How clips are brought to measurement.
    pub measure: MeasureRules,
    /// The compression task; absent before it existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<CompressionRules>,
    pub upscaling: UpscalingRules,
    /// Multipliers over the last rounds; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipliers: Option<MultiplierRules>,
    /// How a miner's standing moves.
    pub ledger: LedgerRules,
    pub rewards: RewardRules,
    /// Gates with their order and limits.
    pub gates: GateRules,
}

/// How both clips are brought to measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MeasureRules {
    /// Pixel format both sides are brought to before VMAF.
    pub pixels: Pixels,
    /// Whether both sides are first brought to a constant frame rate, which changes clips whose
    /// frames come at uneven times.
    #[serde(default)]
    pub constant_rate: bool,
    /// Fewest frames a reference may have.
    pub fewest_frames: u64,
}

/// Pixel format of the VMAF measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Pixels {
    /// Eight-bit 4:2:0, as every validator forces it.
    Yuv420p,
    /// As decoded; both sides must agree.
    Native,
}

/// Which VMAF model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VmafModel {
    /// `vmaf_v0.6.1`.
    Base,
    /// `vmaf_v0.6.1neg`.
    Neg,
}

/// Frames on which a validator measures VMAF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FramePath {
    /// Every frame.
    All,
    /// This many distinct random frames, cut out of both clips and compared as if consecutive, so
    /// that the motion feature sees jumps.
    Cut { frames: u64 },
    /// A random number of leading frames dropped, then every n-th frame with n from 20 to 29; the
    /// motion feature still sees every frame.
    SkipSubsample,
    /// One random second of consecutive frames.
    Second,
}

impl FramePath {
    /// Whether chance decides which frames these are.
    #[must_use]
    pub fn is_drawn(self) -> bool {
        self != Self::All
    }
}

/// How VMAF is measured and pooled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct VmafRules {
    /// The model whose value is scored.
    pub model: VmafModel,
    pub frames: FramePath,
    pub pooling: Pooling,
}

/// What the compression rate becomes when the output is not smaller than the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RateRule {
    /// Exactly 1.
    AtMostOne,
    /// Bytes over bytes as they are.
    AsIs,
}

/// What an output is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reference {
    /// The clip that the miner received.
    ReceivedClip,
    /// An original that the validator holds back.
    HeldOutOriginal,
}

/// The compression task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CompressionRules {
    /// What the output is compared with.
    pub reference: Reference,
    /// Variant of S_f.
    pub formula: CompressionFormula,
    /// Its weights and margin.
    pub constants: CompressionConstants,
    /// Thresholds that validators ask for.
    pub thresholds: Vec<f64>,
    /// The rate of an output that is not smaller.
    pub rate: RateRule,
    pub vmaf: VmafRules,
}

impl CompressionRules {
    /// The threshold, where validators ask for one alone.
    #[must_use]
    pub fn only_threshold(&self) -> Option<f64> {
        match self.thresholds.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// The upscaling task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UpscalingRules {
    /// What the output is compared with.
    pub reference: Reference,
    /// The formula and its constants.
    pub formula: UpscaleFormula,
    /// VMAF of the gate.
    pub vmaf: VmafRules,
    pub pieapp: PieappRules,
    pub tiers: TierTable,
    /// Which content length counts, in words.
    pub content_length: String,
}

/// Channel order the network is fed with.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NetworkChannels {
    /// Blue, green, red: pyiqa.
    Bgr,
    /// Red, green, blue: piq.
    Rgb,
}

/// Where the run of PIE-APP frames starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PieappStart {
    /// Uniform over every possible start.
    Random,
    /// Uniform, but never the last possible start: an upper end taken as exclusive.
    RandomShortOfLast,
    /// Derived from the content digest and a challenge id that only the validator knows: to anyone
    /// else as good as [`Self::Random`].
    HashOfChallenge,
}

/// How PIE-APP is measured and brought to one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PieappRules {
    /// Consecutive frames.
    pub frames: u64,
    pub start: PieappStart,
    pub channels: NetworkChannels,
    /// Absolute value, cap and sum.
    pub aggregation: PieappAggregation,
}
