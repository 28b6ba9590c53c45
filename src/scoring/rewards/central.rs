//! Mode `next`: what the last competition left decides the pools, ranks decide the shares, and what
//! cannot be paid is burnt.

use super::population::{EmissionState, Miner, Payee, Population, Split};
use super::ranking::ranking;
use crate::domain::Task;
use crate::rules::{RewardRules, StateShares};

/// Less than this is not handed to the burn uid: it is rounding.
const ROUNDING: f64 = 1e-12;

/// Pools of the state.
fn pools(rules: &RewardRules, state: EmissionState) -> StateShares {
    let none = StateShares {
        inference: 0.0,
        competition: 0.0,
    };
    rules.states.map_or(none, |states| match state {
        EmissionState::Idle => states.idle,
        EmissionState::Podium => states.podium,
        EmissionState::Crown => states.crown,
    })
}

pub(super) fn split(rules: &RewardRules, population: &Population) -> Split {
    let pools = pools(rules, population.state);
    let mut split = Split::default();
    for miner in &population.miners {
        split.add(Payee::Uid(miner.uid), 0.0);
    }
    let tracks = [
        (Task::Compress, rules.compression.unwrap_or(0.0)),
        (Task::Upscale, rules.upscaling.unwrap_or(0.0)),
    ];
    for (task, track) in tracks {
        let (ranked, left_out) = ranking(rules, &population.miners, task);
        split.left_out = left_out;
        // Whoever is there shares the whole track: with two miners 5 and 4 parts of 9.
        let paid: Vec<(&Miner, f64)> = ranked
            .into_iter()
            .zip(rules.rank_shares.iter().copied())
            .collect();
        let parts: f64 = paid.iter().map(|(_, part)| part).sum();
        for (miner, part) in paid {
            split.add(
                Payee::Uid(miner.uid),
                pools.inference * (track * (part / parts)),
            );
        }
    }
    if pools.competition > 0.0 {
        for (uid, share) in population.podium.iter().zip(&rules.podium) {
            if let Some(uid) = uid {
                split.add(Payee::Uid(*uid), pools.competition * share);
            }
        }
    }
    let unpaid = (1.0 - split.total()).max(0.0);
    if unpaid > ROUNDING {
        split.add(population.burn(), unpaid);
    }
    split
}
