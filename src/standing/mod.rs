//! A history or a population under a revision: multipliers, ledger and rewards, with all that a
//! person or a program wants to know about them.
//!
//! All but [`read_population`] and [`walk`] is pure: rounds and miners come in as values, records go out.

mod ledger;
mod multipliers;
mod population;
mod rewards;
mod survey;
mod walk;

pub use ledger::{LastHotkey, LedgerSchema, LedgerStep, Replay};
pub use multipliers::{
    AlsoMultiplier, HistoryFacts, Labelled, MarginView, MultiplierVerdict, TaskMultipliers,
    WindowJudge, WindowRecord, nothing_counts,
};
pub use population::{Listed, PopulationError, read_population};
pub use rewards::{MinerReward, RewardVerdict, judge_rewards};
pub use survey::HistorySurvey;
pub use walk::{RoundFilter, RoundSink, Walk, walk};

/// Value of the `schema` field of multipliers.
pub const MULTIPLIERS_SCHEMA: &str = "vidaio.multipliers/1";
/// Value of the `schema` field of rewards.
pub const REWARDS_SCHEMA: &str = "vidaio.rewards/1";
