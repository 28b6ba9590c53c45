//! Multipliers over the last rounds.
//!
//! Source: `vidaio_subnet_core/validating/managing/miner_manager.py` at `db6c817` and `fea3779`,
//! `_update_miner_metadata` and `_update_miner_metadata_compression`; for the mixed window of the
//! published script `calculate_multipliers.py`.

use crate::domain::Task;
use serde::Serialize;

use super::round::Round;
use super::tier::{tier, window_tier_of_script};
use crate::rules::{MarginEffect, MultiplierRules, TierBy, TierTable};

/// What one round counts for. All limits are strict: a score that equals one counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct Marks {
    /// Above the bonus limit.
    pub bonus: bool,
    /// Below the limit of the score.
    pub penalty_f: bool,
    /// Below the limit of the quality.
    pub penalty_q: bool,
    /// VMAF nearer to the threshold than the mechanism document asks for, without a stated effect.
    pub near_threshold: bool,
}

/// Judges a round by the limits of a task, which need not be its own: a validator judges every
/// record of an upscaling miner as upscaling.
///
/// Under a revision without compression limits a compression round counts for nothing.
#[must_use]
pub fn marks(rules: &MultiplierRules, judged_as: Task, round: &Round) -> Marks {
    match judged_as {
        Task::Upscale => Marks {
            bonus: round.s_f > rules.upscaling_bonus_above,
            penalty_f: round.s_f < rules.upscaling_penalty_f_below,
            penalty_q: round.s_q < rules.upscaling_penalty_q_below,
            near_threshold: false,
        },
        Task::Compress => {
            let near = |effect: MarginEffect| {
                rules
                    .compression_margin
                    .is_some_and(|m| m.effect == effect && round.vmaf < round.threshold + m.points)
            };
            Marks {
                bonus: rules
                    .compression_bonus_above
                    .is_some_and(|limit| round.s_f > limit),
                penalty_f: rules
                    .compression_penalty_f_below
                    .is_some_and(|limit| round.s_f < limit),
                penalty_q: near(MarginEffect::QualityPenalty),
                near_threshold: near(MarginEffect::Undefined),
            }
        }
    }
}

/// The factors of one window with the counts they come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multipliers {
    /// Rounds above the bonus limit.
    pub bonus_count: u64,
    /// Rounds below the limit of the score.
    pub penalty_f_count: u64,
    /// Rounds below the limit of the quality.
    pub penalty_q_count: u64,
    /// 1 to 1 plus the largest bonus.
    pub bonus: f64,
    /// 1 less the largest penalty, to 1.
    pub penalty_f: f64,
    /// 1 less the largest penalty, to 1.
    pub penalty_q: f64,
    /// Their product.
    pub total: f64,
}

impl Multipliers {
    /// What a miner without a counted round has.
    pub const NONE: Self = Self {
        bonus_count: 0,
        penalty_f_count: 0,
        penalty_q_count: 0,
        bonus: 1.0,
        penalty_f: 1.0,
        penalty_q: 1.0,
        total: 1.0,
    };
}

/// The factors of a window of `size` rounds. Counts are divided by `size` however few rounds there
/// are, as validators do.
#[must_use]
pub fn multipliers(
    rules: &MultiplierRules,
    size: u64,
    window: impl IntoIterator<Item = Marks>,
) -> Multipliers {
    let mut found = Multipliers::NONE;
    for marks in window {
        found.bonus_count += u64::from(marks.bonus);
        found.penalty_f_count += u64::from(marks.penalty_f);
        found.penalty_q_count += u64::from(marks.penalty_q);
    }
    #[expect(clippy::cast_precision_loss, reason = "a window has few rounds")]
    let part = |count: u64| count as f64 / size as f64;
    found.bonus = 1.0 + part(found.bonus_count) * rules.bonus_max;
    found.penalty_f = 1.0 - part(found.penalty_f_count) * rules.penalty_f_max;
    found.penalty_q = 1.0 - part(found.penalty_q_count) * rules.penalty_q_max;
    found.total = found.bonus * found.penalty_f * found.penalty_q;
    found
}

/// The average as Python 3.11 forms it: newest first, left to right; absent without values.
#[must_use]
pub fn window_average(newest_first: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in newest_first {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// The name of a window.
#[must_use]
pub fn window_tier(rules: &MultiplierRules, average: f64, total: f64) -> &'static str {
    match rules.tier_by {
        TierBy::AverageScore => {
            tier(TierTable::Validator, average, None).unwrap_or("Poor Performance")
        }
        TierBy::TotalMultiplier => window_tier_of_script(total),
    }
}
