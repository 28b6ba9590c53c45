//! How rewards are split over the miners of the subnet.
//!
//! Source: `weights` of `vidaio_subnet_core/validating/managing/miner_manager.py` at the commits of
//! the revisions (modes W0 to W8); `vidaio/tokenomics/` of validator-vidaio at `b71f22d5` (`next`).
//! `docs/rules/rewards.md` describes the modes in words.

mod central;
mod entry;
mod numpy;
mod pools;
mod quantise;
mod retention;
mod reweigh;

use crate::domain::Task;
use std::collections::BTreeMap;

use crate::rules::{RewardRules, WeightMode};

pub use central::{EmissionState, one_per_owner};
pub use entry::{Obstacle, Requirement, Requirements};
pub use quantise::{QuantiseError, largest_is_65535, sum_is_65535};
pub use retention::{Retention, RetentionState, retention};

/// Standing that marks a miner as excluded.
pub const EXCLUDED: f64 = -1.0;

/// Number of a miner on the subnet.
pub type Uid = u16;

/// What a validator saw of a miner at one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// Block of the observation.
    pub block: u64,
    /// Alpha stake.
    pub alpha_stake: f64,
    pub emission: f64,
}

/// One uid of the subnet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Miner {
    pub uid: Uid,
    /// Its task; a uid without one is left out.
    pub task: Option<Task>,
    /// Its standing (`accumulate_score`); -1 marks it as excluded.
    pub standing: f64,
    /// Alpha stake on its hotkey.
    pub alpha_stake: f64,
    /// Whether it holds a validator permit.
    pub validator_permit: bool,
    pub hotkey: Option<String>,
    /// Coldkey; only `next` uses it.
    pub coldkey: Option<String>,
    /// Address; only `next` uses it.
    pub address: Option<String>,
    /// What was seen of it at earlier epochs, oldest first.
    pub snapshots: Vec<Snapshot>,
}

/// Who is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payee {
    /// A uid.
    Uid(Uid),
    /// The burn uid, where its number is not known.
    Burn,
}

/// Everything that decides a split.
#[derive(Debug, Clone)]
pub struct Population {
    /// All uids, in any order.
    pub miners: Vec<Miner>,
    /// The uid that receives what is burnt.
    pub burn_uid: Option<Uid>,
    /// Uids on the podium of the last competition, best first; `None` for one that left the subnet.
    pub podium: Vec<Option<Uid>>,
    /// What the last competition left; only `next` uses it.
    pub state: EmissionState,
    /// Blocks of an epoch, for the snapshots.
    pub tempo: u64,
}

impl Population {
    fn burn(&self) -> Payee {
        self.burn_uid.map_or(Payee::Burn, Payee::Uid)
    }
}

/// The split of one population.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Split {
    /// Weight of everyone who is listed, before the chain library normalises them.
    pub weights: BTreeMap<Payee, f64>,
    /// Uids that were left out, and why.
    pub left_out: BTreeMap<Uid, LeftOut>,
}

impl Split {
    /// Sum of all weights, left to right by uid.
    #[must_use]
    pub fn total(&self) -> f64 {
        // An empty sum of doubles is -0 in Rust.
        self.weights.values().fold(0.0, |sum, weight| sum + weight)
    }

    fn add(&mut self, to: Payee, weight: f64) {
        *self.weights.entry(to).or_insert(0.0) += weight;
    }
}

/// Why a uid takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOut {
    /// Its standing is -1.
    Excluded,
    /// It has no task of this network.
    NoTask,
    /// It holds a validator permit.
    Permit,
    /// Its standing is under the floor.
    BelowFloor,
    /// A lower uid has the same address or coldkey.
    SameOwner(Uid),
}

/// Splits rewards by the rules of a revision.
#[must_use]
pub fn split(rules: &RewardRules, population: &Population) -> Split {
    if rules.mode == WeightMode::Next {
        central::split(rules, population)
    } else {
        pools::split(rules, population)
    }
}

/// Those who compete for a pool, in order of rank, and those who are left out.
#[must_use]
pub(crate) fn ranking<'a>(
    rules: &RewardRules,
    miners: &'a [Miner],
    task: Task,
) -> (Vec<&'a Miner>, BTreeMap<Uid, LeftOut>) {
    let (mut ranked, left_out) = eligible(rules, miners);
    ranked.retain(|m| m.task == Some(task));
    // Rows come in ascending uid and the sort is stable, so ties go to the lower uid.
    ranked.sort_by(|a, b| b.standing.total_cmp(&a.standing));
    (ranked, left_out)
}

/// Those who take part, by ascending uid.
fn eligible<'a>(
    rules: &RewardRules,
    miners: &'a [Miner],
) -> (Vec<&'a Miner>, BTreeMap<Uid, LeftOut>) {
    let mut left_out = BTreeMap::new();
    let mut rows: Vec<&Miner> = miners.iter().collect();
    rows.sort_by_key(|m| m.uid);
    rows.retain(|m| {
        let reason = if m.standing == EXCLUDED {
            Some(LeftOut::Excluded)
        } else if m.task.is_none() && rules.mode != WeightMode::W0 {
            Some(LeftOut::NoTask)
        } else if rules.permit_excludes && m.validator_permit {
            Some(LeftOut::Permit)
        } else if rules
            .floor
            .is_some_and(|floor| m.standing < floor || m.standing <= 0.0)
        {
            Some(LeftOut::BelowFloor)
        } else {
            None
        };
        if let Some(reason) = reason {
            left_out.insert(m.uid, reason);
        }
        reason.is_none()
    });
    if rules.one_per_address {
        central::keep_one_per_owner(&mut rows, &mut left_out);
    }
    (rows, left_out)
}
