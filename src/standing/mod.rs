//! A history or a population under a revision: multipliers, ledger and rewards, with all that a
//! person or a program wants to know about them.
//!
//! Pure: rounds and miners come in as values, records go out.

mod ledger;
mod multipliers;
mod rewards;

pub use ledger::{LastHotkey, LedgerSchema, LedgerStep, Replay};
pub use multipliers::{
    AlsoMultiplier, HistoryFacts, Labelled, MarginView, MultiplierVerdict, TaskMultipliers,
    WindowJudge, WindowRecord, nothing_counts,
};
pub use rewards::{MinerReward, RewardVerdict, judge_rewards};

/// Value of the `schema` field of multipliers.
pub const MULTIPLIERS_SCHEMA: &str = "vidaio.multipliers/1";
/// Value of the `schema` field of rewards.
pub const REWARDS_SCHEMA: &str = "vidaio.rewards/1";
