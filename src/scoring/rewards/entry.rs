//! What a miner would need to be paid.

use serde::Serialize;

use super::population::{LeftOut, Payee, Population, Uid};
use super::ranking::ranking;
use super::split::split;
use crate::rules::{RewardRules, WeightMode};

/// Why a standing alone does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Obstacle {
    /// The uid has no task of this network.
    NoTask,
    /// A validator permit excludes it.
    Permit,
    /// A lower uid with the same address or coldkey is paid instead.
    SameOwner { uid: Uid },
}

/// Where a miner stands in its pool, and what would change that. Burning and podium are left aside.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Requirement {
    /// Its rank among those who take part in its pool; absent if it takes no part.
    pub rank: Option<usize>,
    /// Ranks of its pool that are paid; absent where everyone with a standing is.
    pub paid_ranks: Option<usize>,
    /// Whether its pool pays it.
    pub paid: bool,
    /// Smallest standing that is paid, with everyone else as they are; absent where none is.
    pub standing_needed: Option<f64>,
    /// Whether that very value is enough; if not, it must be exceeded.
    pub equal_is_enough: bool,
    /// What is in the way of any standing.
    pub obstacle: Option<Obstacle>,
}

/// Ranks that are paid; none where everyone is.
fn paid_ranks(rules: &RewardRules) -> Option<usize> {
    let ranks = match rules.mode {
        WeightMode::W0 | WeightMode::W1 | WeightMode::W2 => return None,
        WeightMode::W3 => rules.last_paid_rank?,
        WeightMode::W4 => rules.tier_ranks?[1],
        _ => return Some(rules.rank_shares.iter().filter(|s| **s > 0.0).count()),
    };
    usize::try_from(ranks).ok()
}

/// What each miner of a population would need, found by splitting again with its standing changed:
/// whatever decides a split decides this, too.
#[derive(Debug)]
pub struct Requirements<'a> {
    rules: &'a RewardRules,
    /// Without podium: what its places bring is not the pool's.
    population: Population,
}

impl<'a> Requirements<'a> {
    /// Of a population.
    #[must_use]
    pub fn new(rules: &'a RewardRules, population: &Population) -> Self {
        let population = Population {
            podium: Vec::new(),
            burn_uid: None,
            ..population.clone()
        };
        Self { rules, population }
    }

    /// Of one of its miners.
    pub fn of(&mut self, uid: Uid) -> Option<Requirement> {
        let at = self.population.miners.iter().position(|m| m.uid == uid)?;
        let own = self.population.miners[at].standing;
        let miner = self.population.miners[at].clone();
        let (ranked, _) = miner
            .task
            .map(|task| ranking(self.rules, &self.population.miners, task))
            .unwrap_or_default();
        let rank = ranked.iter().position(|m| m.uid == uid).map(|at| at + 1);
        let paid = self.pays(at, own);
        let found = self.least(at);
        let highest = self.highest();
        self.population.miners[at].standing = highest;
        let left_out = split(self.rules, &self.population).left_out;
        self.population.miners[at].standing = own;
        Some(Requirement {
            rank,
            paid_ranks: paid_ranks(self.rules),
            paid,
            standing_needed: found.map(|(standing, _)| standing),
            equal_is_enough: found.is_some_and(|(_, enough)| enough),
            obstacle: match left_out.get(&uid) {
                Some(LeftOut::NoTask) => Some(Obstacle::NoTask),
                Some(LeftOut::Permit) => Some(Obstacle::Permit),
                Some(LeftOut::SameOwner(uid)) => Some(Obstacle::SameOwner { uid: *uid }),
                _ => None,
            },
        })
    }

    /// Whether a pool pays a miner with a standing.
    fn pays(&mut self, at: usize, standing: f64) -> bool {
        let before = std::mem::replace(&mut self.population.miners[at].standing, standing);
        let payee = Payee::Uid(self.population.miners[at].uid);
        let weight = split(self.rules, &self.population)
            .weights
            .get(&payee)
            .copied();
        self.population.miners[at].standing = before;
        weight.is_some_and(|weight| weight > 0.0)
    }

    fn highest(&self) -> f64 {
        let standings = self.population.miners.iter().map(|m| m.standing);
        standings.fold(self.rules.floor.unwrap_or(0.0), f64::max) + 1.0
    }

    /// The least standing that is paid, and whether it must be exceeded. A higher standing is never
    /// paid less often, so the candidates are halved until one is left.
    fn least(&mut self, at: usize) -> Option<(f64, bool)> {
        let mut values: Vec<f64> = self
            .population
            .miners
            .iter()
            .map(|m| m.standing)
            .chain([0.0, self.rules.floor.unwrap_or(0.0)])
            .filter(|standing| *standing >= 0.0)
            .collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        // Nothing changes between two values, so one standing between them stands for all.
        let above = values.iter().skip(1).copied().chain([f64::INFINITY]);
        let candidates: Vec<(f64, bool, f64)> = values
            .iter()
            .zip(above)
            .flat_map(|(value, above)| {
                let between = f64::midpoint(*value, above.min(value + 1.0));
                [(*value, true, *value), (*value, false, between)]
            })
            .collect();
        let (mut below, mut from) = (0, candidates.len());
        while below < from {
            let middle = usize::midpoint(below, from);
            if self.pays(at, candidates[middle].2) {
                from = middle;
            } else {
                below = middle + 1;
            }
        }
        candidates
            .get(from)
            .map(|(value, enough, _)| (*value, *enough))
    }
}
