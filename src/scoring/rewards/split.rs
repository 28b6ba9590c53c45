//! The split by the mode of a revision.

use super::population::{Population, Split};
use super::{central, pools};
use crate::rules::{RewardRules, WeightMode};

/// Splits rewards by the rules of a revision.
#[must_use]
pub fn split(rules: &RewardRules, population: &Population) -> Split {
    if rules.mode == WeightMode::Next {
        central::split(rules, population)
    } else {
        pools::split(rules, population)
    }
}
