//! Rules for what follows a score: multipliers over the last rounds, the standing of a miner and the
//! split of rewards.

use serde::{Deserialize, Serialize};

/// Rolling multipliers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MultiplierRules {
    /// Rounds that count; counts are divided by it however few rounds there are.
    pub window: u64,
    /// Whose rounds share a window.
    pub window_of: WindowOf,
    /// Largest bonus.
    pub bonus_max: f64,
    /// Largest penalty for low scores.
    pub penalty_f_max: f64,
    /// Largest penalty for low quality of upscaled videos.
    pub penalty_q_max: f64,
    /// Upscaling: S_F strictly above earns the bonus.
    pub upscaling_bonus_above: f64,
    /// Upscaling: S_F strictly below is penalised.
    pub upscaling_penalty_f_below: f64,
    /// Upscaling: S_Q strictly below is penalised.
    pub upscaling_penalty_q_below: f64,
    /// Compression: S_f strictly above earns the bonus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression_bonus_above: Option<f64>,
    /// Compression: S_f strictly below is penalised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression_penalty_f_below: Option<f64>,
    /// Compression: a penalty for VMAF near or under the threshold; no validator's code has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression_margin: Option<VmafMargin>,
    /// What names the tier of a window.
    pub tier_by: TierBy,
}

impl MultiplierRules {
    /// Whether one window holds rounds of both tasks.
    #[must_use]
    pub fn mixes_tasks(&self) -> bool {
        self.window_of == WindowOf::AnyTask
    }

    /// Whether compressed videos, too, can be penalised for their quality.
    #[must_use]
    pub fn penalises_compressed_quality(&self) -> bool {
        self.compression_margin
            .is_some_and(|m| m.effect == MarginEffect::QualityPenalty)
    }
}

/// Whose rounds share a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WindowOf {
    /// Rounds of one task.
    OneTask,
    /// The last rounds of any task, each judged by its own limits (the published script).
    AnyTask,
}

/// A penalty for compressed videos whose VMAF is not far enough above the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmafMargin {
    /// VMAF strictly below threshold plus this many points counts.
    pub points: f64,
    /// What such rounds do.
    pub effect: MarginEffect,
}

/// What rounds near the threshold do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MarginEffect {
    /// The source names a penalty without its size: rounds are counted, nothing else.
    Undefined,
    /// They count as rounds of low quality, at the same rate.
    QualityPenalty,
}

/// What names the tier of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TierBy {
    /// The average score (`miner_manager.py`).
    AverageScore,
    /// The total multiplier (`calculate_multipliers.py`).
    TotalMultiplier,
}

/// The exponentially weighted standing of a miner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LedgerRules {
    /// Weight of the old value in a step.
    pub decay: f64,
    /// What a change of task does to the standing.
    pub task_change: TaskChange,
    /// Whether a new hotkey on the uid begins anew.
    #[serde(default)]
    pub new_hotkey_resets: bool,
    /// Round score that stands for a validator's own fault and leaves the standing alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator_fault: Option<f64>,
    /// Round score that excludes a miner until its next genuine score (`next`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusion: Option<f64>,
    /// What a file that is not smaller adds instead of its score; absent where nothing special is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_smaller: Option<f64>,
    /// Compression rate recorded for a failed output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_rate: Option<f64>,
    /// Videos a miner is sent in one round.
    pub videos_per_round: u64,
    /// How the videos of one round become one score.
    pub round: RoundScore,
    /// Whether a miner first met through a customer's request is stored with hotkey and task; if not,
    /// its first synthetic round begins anew.
    #[serde(default)]
    pub organic_registers: bool,
    /// Answers to requests of customers, upscaling.
    pub organic_upscaling: OrganicUpscaling,
    /// Answers to requests of customers, compression; absent before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organic_compression: Option<OrganicCompression>,
}

/// What a change of task does to the standing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TaskChange {
    /// There is one task, or one task for each hotkey.
    Impossible,
    /// It becomes this.
    SetTo { value: f64 },
    /// This part of it stays.
    Keep { part: f64 },
}

/// How the videos of one round become one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RoundScore {
    /// Every video is one step.
    EachVideo,
    /// One step: the mean of the worst tenth of the videos, at least one (`next`).
    WorstTenth,
}

/// What an organic upscaling does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum OrganicUpscaling {
    /// It moves no standing.
    None,
    /// A failed one sets the standing to 0, a passed one changes nothing (2025-05-05).
    FailSetsZero,
    /// It enters the history with a fixed score and then the standing like any other (2025-07-19).
    PassOrFail {
        /// Score of a passed one.
        pass: f64,
        /// A failed one scores this times the standing.
        fail_factor: f64,
    },
    /// It is graded 3, 2, 1 or 0 (2025-09-19).
    Graded {
        /// Grade 3 adds this part of the standing.
        gain_three: f64,
        /// Grade 1 takes this part.
        loss_one: f64,
        /// Grade 0 takes this part.
        loss_zero: f64,
        /// From this grade on nothing is recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skipped_from: Option<u8>,
    },
}

/// What an organic compression does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganicCompression {
    /// Weight of the old value in its step; absent where the common one holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// S_f strictly above is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped_above: Option<f64>,
}

/// How weights are formed; the names are those of the documentation's list, `docs/rules/rewards.md`.
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
#[non_exhaustive]
pub enum WeightMode {
    /// In proportion to the standing, all miners together.
    W0,
    /// In proportion, in a pool for each task.
    W1,
    /// W1 with a burnt part.
    W2,
    /// W2 with the standing of lower ranks taken as 0.
    W3,
    /// Two tiers of ranks in each pool.
    W4,
    /// Shares by rank.
    W5,
    /// W5 with equal shares.
    W6,
    /// W6, reweighed by stake or by emission retained.
    W7,
    /// W7 with a competition podium.
    W8,
    /// Three states, shares by rank, what cannot be paid is burnt.
    #[serde(rename = "next")]
    Next,
}

/// The split of rewards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RewardRules {
    pub mode: WeightMode,
    /// Share that is burnt.
    #[serde(default)]
    pub burn: f64,
    /// Share of the compression pool; absent before pools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<f64>,
    /// Share of the upscaling pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upscaling: Option<f64>,
    /// Share of the competition pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub competition: Option<f64>,
    /// Parts of the competition pool by place.
    #[serde(default)]
    pub podium: Vec<f64>,
    /// Shares by rank inside a pool; empty where rewards follow the standing.
    #[serde(default)]
    pub rank_shares: Vec<f64>,
    /// Ranks after this one are not paid (W3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_paid_rank: Option<u64>,
    /// Last ranks of the two tiers (W4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_ranks: Option<[u64; 2]>,
    /// Strength of the alpha-stake reweighing.
    #[serde(default)]
    pub alpha_factor: f64,
    /// Strength of the emission-retention reweighing.
    #[serde(default)]
    pub retention_factor: f64,
    /// Snapshots over which retention is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_window: Option<u64>,
    /// Whether a validator permit excludes a uid.
    #[serde(default)]
    pub permit_excludes: bool,
    /// Smallest standing that is paid (`next`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// Whether one address and one coldkey are paid once (`next`).
    #[serde(default)]
    pub one_per_address: bool,
    /// Shares of the pools in each state (`next`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<EmissionStates>,
}

/// Shares of the pools by what the last competition left (`next`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmissionStates {
    /// No competition in its window.
    pub idle: StateShares,
    /// A winner that improved little.
    pub podium: StateShares,
    /// A winner at least `crown_margin` better than the baseline.
    pub crown: StateShares,
    /// Improvement over the baseline that earns the crown.
    pub crown_margin: f64,
    /// Hours that podium and crown last.
    pub window_hours: u64,
}

/// Shares of the pools in one state; the rest is burnt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateShares {
    /// Share of both tasks together.
    pub inference: f64,
    /// Share of the competition.
    pub competition: f64,
}
