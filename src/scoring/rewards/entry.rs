//! What a miner would need to be paid.

use serde::Serialize;

use super::{LeftOut, Miner, Uid, ranking};
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
    SameOwner {
        /// That uid.
        uid: Uid,
    },
}

/// Where a miner stands in its pool, and what would change that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Requirement {
    /// Its rank among those who take part in its pool; absent if it takes no part.
    pub rank: Option<usize>,
    /// Ranks of its pool that are paid; absent where everyone with a standing above 0 is.
    pub paid_ranks: Option<usize>,
    /// Whether its rank is paid.
    pub in_paid_ranks: bool,
    /// Smallest standing that the paid ranks ask for, with everyone else as they are.
    pub standing_needed: Option<f64>,
    /// Whether that very value is enough; if not, it must be exceeded.
    pub equal_is_enough: bool,
    /// What is in the way besides.
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

/// What `miner`, who is one of `miners`, would need.
#[must_use]
pub fn requirement(rules: &RewardRules, miners: &[Miner], miner: &Miner) -> Requirement {
    let places = paid_ranks(rules);
    let mut found = Requirement {
        rank: None,
        paid_ranks: places,
        in_paid_ranks: false,
        standing_needed: None,
        equal_is_enough: false,
        obstacle: None,
    };
    let Some(task) = miner.task else {
        found.obstacle = Some(Obstacle::NoTask);
        return found;
    };
    if rules.permit_excludes && miner.validator_permit {
        found.obstacle = Some(Obstacle::Permit);
    }
    let (ranked, left_out) = ranking(rules, miners, task);
    found.rank = ranked
        .iter()
        .position(|m| m.uid == miner.uid)
        .map(|at| at + 1);
    found.in_paid_ranks = found
        .rank
        .is_some_and(|rank| places.is_none_or(|places| rank <= places));
    if let Some(LeftOut::SameOwner(uid)) = left_out.get(&miner.uid) {
        found.obstacle = Some(Obstacle::SameOwner { uid: *uid });
    }
    let others: Vec<&Miner> = ranked.into_iter().filter(|m| m.uid != miner.uid).collect();
    // Where shares follow the standing, or `next` asks for a score at all, 0 is not paid.
    let least = match rules.mode {
        WeightMode::W0 | WeightMode::W1 | WeightMode::W2 => (0.0, false),
        _ => rules.floor.map_or((0.0, true), |floor| (floor, true)),
    };
    let (needed, enough) = match places.and_then(|places| others.get(places.wrapping_sub(1))) {
        // Ties go to the lower uid.
        Some(last)
            if last.standing > least.0 || (last.standing == least.0 && last.uid < miner.uid) =>
        {
            (last.standing, miner.uid < last.uid)
        }
        _ => least,
    };
    found.standing_needed = Some(needed);
    found.equal_is_enough = enough;
    found
}
