//! Who competes for a pool, by rank.

use std::collections::BTreeMap;

use super::owner::keep_one_per_owner;
use super::population::{EXCLUDED, LeftOut, Miner, Uid};
use crate::domain::Task;
use crate::rules::{RewardRules, WeightMode};

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
pub(super) fn eligible<'a>(
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
        keep_one_per_owner(&mut rows, &mut left_out);
    }
    (rows, left_out)
}
