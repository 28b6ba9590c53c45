//! A population under a revision: who gets which share, and what would change it.

use crate::domain::RecordedTask;
use serde::Serialize;

use super::REWARDS_SCHEMA;
use crate::rules::{Revision, WeightMode};
use crate::scoring::rewards::{
    EmissionState, LeftOut, Payee, Population, QuantiseError, Requirement, Requirements, Split,
    Uid, largest_is_65535, split, sum_is_65535,
};

/// The split of rewards over a population.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct RewardVerdict {
    /// Schema of this record.
    pub schema: String,
    /// The revision that made every number here.
    pub rules: String,
    /// Its source commit.
    pub rules_commit: String,
    /// How weights are formed.
    pub mode: WeightMode,
    /// What the last competition left; only where the mode knows states.
    pub state: Option<EmissionState>,
    /// What is split, in whatever unit it was given.
    pub pool: f64,
    /// Where burnt rewards go; absent where no number was given.
    pub burn_uid: Option<Uid>,
    /// Sum of the weights before the chain library normalises them.
    pub weight_sum: f64,
    /// Which grid `u16` is on.
    pub grid: String,
    /// Everyone, the best paid first.
    pub miners: Vec<MinerReward>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One line of the split.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct MinerReward {
    /// The uid; absent for the burn uid where its number is not known.
    pub uid: Option<Uid>,
    /// `miner`, `burn`, or `miner and burn` where a miner's uid is the burn uid.
    pub role: String,
    /// Its hotkey, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotkey: Option<String>,
    /// Its task.
    pub task_type: Option<RecordedTask>,
    /// Its standing.
    pub accumulate_score: Option<f64>,
    /// Its weight before normalising.
    pub weight: f64,
    /// Its part of all weights, which is what the chain pays by.
    pub share: f64,
    /// Its weight on the chain's grid.
    pub u16: u32,
    /// Its part of the pool.
    pub reward: f64,
    /// Why it takes no part.
    pub left_out: Option<String>,
    /// Its standing less the one that the paid places ask for.
    pub distance: Option<f64>,
    /// Its rank, and what would bring it among the paid.
    pub requirement: Option<Requirement>,
}

/// Splits rewards and explains every line.
///
/// # Errors
/// Weights that have no place on the chain's grid.
pub fn judge_rewards(
    revision: &Revision,
    population: &Population,
    pool: f64,
) -> Result<RewardVerdict, QuantiseError> {
    let rules = &revision.rewards;
    let split = split(rules, population);
    let central = rules.mode == WeightMode::Next;
    let units = if central {
        sum_is_65535(&split.weights)?
    } else {
        largest_is_65535(&split.weights)
    };
    let sum = split.total();
    let part = |weight: f64| if sum > 0.0 { weight / sum } else { 0.0 };
    let mut payees: Vec<Payee> = split.weights.keys().copied().collect();
    for miner in &population.miners {
        if !split.weights.contains_key(&Payee::Uid(miner.uid)) {
            payees.push(Payee::Uid(miner.uid));
        }
    }
    let weight = |payee: &Payee| split.weights.get(payee).copied().unwrap_or(0.0);
    payees.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.cmp(b)));
    let mut requirements = Requirements::new(rules, population);
    let miners = payees
        .iter()
        .map(|payee| {
            let weight = weight(payee);
            MinerReward {
                weight,
                share: part(weight),
                u16: units.get(payee).copied().unwrap_or(0),
                reward: part(weight) * pool,
                ..line(population, &split, *payee, &mut requirements)
            }
        })
        .collect();
    Ok(RewardVerdict {
        schema: REWARDS_SCHEMA.into(),
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        mode: rules.mode,
        state: central.then_some(population.state),
        pool,
        burn_uid: population.burn_uid,
        weight_sum: sum,
        grid: if central {
            "sum 65535, exact".into()
        } else {
            "largest 65535, without the subnet's caps".into()
        },
        miners,
        notes: notes(revision, population, sum),
    })
}

fn line(
    population: &Population,
    split: &Split,
    payee: Payee,
    requirements: &mut Requirements<'_>,
) -> MinerReward {
    let uid = match payee {
        Payee::Uid(uid) => Some(uid),
        Payee::Burn => None,
    };
    let miner = population.miners.iter().find(|m| Some(m.uid) == uid);
    let burns = uid == population.burn_uid;
    let requirement = miner.and_then(|m| requirements.of(m.uid));
    let needed = requirement.and_then(|r| r.standing_needed);
    let role = match (miner.is_some(), burns) {
        (true, true) => "miner and burn",
        (false, true) => "burn",
        (false, false) => "podium",
        (true, false) => "miner",
    };
    MinerReward {
        uid,
        role: role.into(),
        hotkey: miner.and_then(|m| m.hotkey.clone()),
        task_type: miner.and_then(|m| m.task).map(RecordedTask),
        accumulate_score: miner.map(|m| m.standing),
        weight: 0.0,
        share: 0.0,
        u16: 0,
        reward: 0.0,
        left_out: uid.and_then(|uid| split.left_out.get(&uid)).map(why),
        distance: miner.zip(needed).map(|(m, needed)| m.standing - needed),
        requirement,
    }
}

fn why(reason: &LeftOut) -> String {
    match reason {
        LeftOut::Excluded => "excluded: its standing is -1".into(),
        LeftOut::NoTask => "it has no task".into(),
        LeftOut::Permit => "it holds a validator permit".into(),
        LeftOut::BelowFloor => "its standing is under the floor".into(),
        LeftOut::SameOwner(uid) => format!("it shares address or coldkey with uid {uid}"),
    }
}

fn notes(revision: &Revision, population: &Population, sum: f64) -> Vec<String> {
    let rules = &revision.rewards;
    let mut notes = Vec::new();
    if rules.retention_factor > 0.0 && population.miners.iter().all(|m| m.snapshots.is_empty()) {
        notes.push(
            "no emission snapshots were given, so every miner counts as one that keeps half".into(),
        );
    }
    if let Some(floor) = rules.floor {
        notes.push(format!(
            "standings under {floor} are not paid; the network's repository says 0.05 since \
             2026-09-15 (validator-vidaio 2b8186a)"
        ));
    }
    if rules.mode >= WeightMode::W5 && rules.mode != WeightMode::Next {
        notes.push(
            "shares go by rank alone: a standing of 0 is paid where five or fewer compete".into(),
        );
    }
    if sum > 0.0 && sum < 1.0 - 1e-9 {
        notes.push(format!(
            "weights sum to {sum:.6}; the chain normalises them, so what is not paid out flows to \
             those who are paid"
        ));
    }
    if sum <= 0.0 {
        notes.push("nobody is paid".into());
    }
    notes
}
