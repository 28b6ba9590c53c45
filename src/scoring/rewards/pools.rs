//! Modes W0 to W8: one pool for each task.

use super::numpy;
use super::population::{Miner, Payee, Population, Split};
use super::ranking::{eligible, ranking};
use super::retention::{RetentionState, retention};
use super::reweigh::reweigh;
use crate::domain::Task;
use crate::rules::{RewardRules, WeightMode};

/// Order in which pools are paid; it decides nothing but the order of additions.
const POOLS: [Task; 2] = [Task::Compress, Task::Upscale];

pub(super) fn split(rules: &RewardRules, population: &Population) -> Split {
    let (taking_part, left_out) = eligible(rules, &population.miners);
    let mut split = Split {
        left_out,
        ..Split::default()
    };
    for miner in &taking_part {
        split.add(Payee::Uid(miner.uid), 0.0);
    }
    match rules.mode {
        WeightMode::W0 => {
            let sum = numpy::sum(&standings(&taking_part));
            for miner in &taking_part {
                // Where nobody has a score the code divides by zero; nobody is paid here.
                let share = if sum > 0.0 { miner.standing / sum } else { 0.0 };
                split.add(Payee::Uid(miner.uid), share);
            }
        }
        WeightMode::W1 | WeightMode::W2 | WeightMode::W3 => {
            proportional(rules, population, &mut split);
        }
        WeightMode::W4 => tiers(rules, population, &mut split),
        _ => by_rank(rules, population, &mut split),
    }
    burn(rules, population, &mut split);
    split
}

fn standings(miners: &[&Miner]) -> Vec<f64> {
    miners.iter().map(|m| m.standing).collect()
}

fn pool_share(rules: &RewardRules, task: Task) -> f64 {
    match task {
        Task::Compress => rules.compression,
        Task::Upscale => rules.upscaling,
    }
    .unwrap_or(0.0)
}

/// W1 to W3: inside a pool in proportion to the standing; equal shares where all are 0; an empty pool
/// falls to the other.
fn proportional(rules: &RewardRules, population: &Population, split: &mut Split) {
    let ranked = POOLS.map(|task| ranking(rules, &population.miners, task).0);
    for (i, task) in POOLS.into_iter().enumerate() {
        let pool = if ranked[1 - i].is_empty() {
            1.0
        } else {
            pool_share(rules, task)
        };
        let mut miners = ranked[i].clone();
        let unpaid: Vec<u16> = match rules.last_paid_rank.map(usize::try_from) {
            Some(Ok(last)) if miners.len() > last => miners[last..].iter().map(|m| m.uid).collect(),
            _ => Vec::new(),
        };
        miners.sort_by_key(|m| m.uid);
        let scores: Vec<f64> = miners
            .iter()
            .map(|m| {
                if unpaid.contains(&m.uid) {
                    0.0
                } else {
                    m.standing
                }
            })
            .collect();
        for (miner, share) in miners.iter().zip(shares(&scores)) {
            split.add(Payee::Uid(miner.uid), share * pool);
        }
    }
}

/// Parts in proportion; equal ones where all are 0.
#[expect(clippy::cast_precision_loss, reason = "a subnet has few uids")]
fn shares(scores: &[f64]) -> Vec<f64> {
    let sum = numpy::sum(scores);
    scores
        .iter()
        .map(|score| {
            if sum > 0.0 {
                score / sum
            } else {
                1.0 / scores.len() as f64
            }
        })
        .collect()
}

/// W4: half of a pool to the first tier of ranks, half to the second. A second tier without a miner is
/// not paid to anyone.
fn tiers(rules: &RewardRules, population: &Population, split: &mut Split) {
    let Some(limits) = rules.tier_ranks else {
        return;
    };
    let [first, last] = limits.map(|rank| usize::try_from(rank).unwrap_or(usize::MAX));
    let ranked = POOLS.map(|task| ranking(rules, &population.miners, task).0);
    for (i, task) in POOLS.into_iter().enumerate() {
        let pool = if ranked[1 - i].is_empty() {
            1.0
        } else {
            pool_share(rules, task)
        };
        let miners = &ranked[i];
        let cut = |rank: usize| rank.min(miners.len());
        for tier in [&miners[..cut(first)], &miners[cut(first)..cut(last)]] {
            for (miner, share) in tier.iter().zip(shares(&standings(tier))) {
                split.add(Payee::Uid(miner.uid), share * (pool / 2.0));
            }
        }
    }
}

/// W5 to W8: by rank alone. Empty places and pools are not handed on.
fn by_rank(rules: &RewardRules, population: &Population, split: &mut Split) {
    let podium = podium(rules, population);
    let on_podium: f64 = podium.iter().map(|(_, weight)| weight).sum();
    let mut anyone = false;
    for task in POOLS {
        let (ranked, _) = ranking(rules, &population.miners, task);
        anyone |= !ranked.is_empty();
        let mut pool = pool_share(rules, task);
        if task == Task::Compress {
            // The podium is paid out of this pool; what is missing of it stays here.
            pool = (pool - on_podium).max(0.0);
        }
        let places: Vec<(&Miner, f64)> = ranked
            .into_iter()
            .zip(rules.rank_shares.iter().map(|share| share * pool))
            .collect();
        let mut weights: Vec<f64> = places.iter().map(|(_, weight)| *weight).collect();
        if rules.alpha_factor > 0.0 {
            let stakes: Vec<f64> = places
                .iter()
                .map(|(m, weight)| {
                    if *weight > 0.0 {
                        m.alpha_stake.max(0.0)
                    } else {
                        0.0
                    }
                })
                .collect();
            let all: f64 = stakes.iter().sum();
            if all > 0.0 {
                let signals: Vec<f64> = stakes.iter().map(|stake| stake / all).collect();
                weights = reweigh(&weights, &signals, rules.alpha_factor);
            }
        }
        if rules.retention_factor > 0.0 {
            let window = rules.retention_window.unwrap_or(10);
            let signals: Vec<f64> = places
                .iter()
                .map(
                    |(m, _)| match retention(&m.snapshots, window, population.tempo).state {
                        RetentionState::Known { retained } => retained,
                        _ => 0.5,
                    },
                )
                .collect();
            weights = reweigh(&weights, &signals, rules.retention_factor);
        }
        for ((miner, _), weight) in places.iter().zip(weights) {
            split.add(Payee::Uid(miner.uid), weight);
        }
    }
    let scale = if anyone || on_podium <= 0.0 {
        1.0
    } else {
        1.0 / on_podium
    };
    for (uid, weight) in podium {
        split.add(Payee::Uid(uid), weight * scale);
    }
}

/// W8: who stands on the podium and what for. Without the winner nobody is paid.
fn podium(rules: &RewardRules, population: &Population) -> Vec<(u16, f64)> {
    let Some(competition) = rules.competition else {
        return Vec::new();
    };
    if population.podium.first().copied().flatten().is_none() {
        return Vec::new();
    }
    population
        .podium
        .iter()
        .zip(&rules.podium)
        .filter_map(|(uid, share)| Some(((*uid)?, competition * share)))
        .collect()
}

/// From W2 on: every weight less the burnt part, which the owner's uid gets.
fn burn(rules: &RewardRules, population: &Population, split: &mut Split) {
    if rules.burn <= 0.0 || split.weights.is_empty() {
        return;
    }
    let weights: Vec<f64> = split.weights.values().copied().collect();
    let burnt = rules.burn * numpy::sum(&weights);
    for weight in split.weights.values_mut() {
        *weight *= 1.0 - rules.burn;
    }
    split.add(population.burn(), burnt);
}
