//! Mode `next`: what the last competition left decides the pools, ranks decide the shares, and what
//! cannot be paid is burnt.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{LeftOut, Miner, Payee, Population, Split, Uid, ranking};
use crate::domain::Task;
use crate::rules::{RewardRules, StateShares};

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

/// Uids that are left out because a lower one has their address or coldkey, each with that one.
#[must_use]
pub fn one_per_owner(miners: &[Miner]) -> BTreeMap<Uid, Uid> {
    let mut rows: Vec<&Miner> = miners.iter().collect();
    rows.sort_by_key(|m| m.uid);
    let mut left_out = BTreeMap::new();
    keep_one_per_owner(&mut rows, &mut left_out);
    let same_owner = left_out.into_iter().filter_map(|(uid, why)| match why {
        LeftOut::SameOwner(kept) => Some((uid, kept)),
        _ => None,
    });
    same_owner.collect()
}

/// The lowest uid of an address and of a coldkey stays. Rows come in ascending uid.
pub(super) fn keep_one_per_owner(rows: &mut Vec<&Miner>, left_out: &mut BTreeMap<Uid, LeftOut>) {
    let mut addresses: HashMap<String, Uid> = HashMap::new();
    let mut coldkeys: HashMap<&str, Uid> = HashMap::new();
    rows.retain(|miner| {
        let address = miner.address.as_deref().and_then(address_identity);
        let coldkey = miner.coldkey.as_deref().filter(|key| !key.is_empty());
        let taken = address
            .as_ref()
            .and_then(|a| addresses.get(a))
            .or_else(|| coldkey.and_then(|key| coldkeys.get(key)));
        if let Some(first) = taken {
            left_out.insert(miner.uid, LeftOut::SameOwner(*first));
            return false;
        }
        if let Some(address) = address {
            addresses.insert(address, miner.uid);
        }
        if let Some(key) = coldkey {
            coldkeys.insert(key, miner.uid);
        }
        true
    });
}

/// One spelling for an address. An unspecified one means that none was advertised.
fn address_identity(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match text.parse::<IpAddr>() {
        Ok(address) => {
            let address = address.to_canonical();
            (!address.is_unspecified()).then(|| address.to_string())
        }
        Err(_) => Some(text.to_owned()),
    }
}
