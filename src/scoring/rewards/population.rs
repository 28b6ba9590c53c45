//! What rewards are split over, and the split.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::Task;

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
    pub(super) fn burn(&self) -> Payee {
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

    pub(super) fn add(&mut self, to: Payee, weight: f64) {
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

/// What the last competition left.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EmissionState {
    /// No competition in its window.
    #[default]
    Idle,
    /// A winner that improved little.
    Podium,
    /// A winner well above the baseline.
    Crown,
}
