//! Everything about one uid.

use serde::Serialize;

use super::amount::Alpha;
use super::metagraph::{Metagraph, Neuron, Reading};
use super::neighbours::{SharedIdentity, neighbours};
use super::overview::paid;
use super::ranking::{By, Ranked};
use super::role::Role;

/// Form of the result.
pub const NEURON_SCHEMA: &str = "vidaio.subnet-uid/1";

/// Everything about one uid.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct NeuronVerdict {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Where and when it was read.
    pub read: Reading,
    /// The uid itself, with its rank by emission among those of its role.
    pub neuron: Ranked,
    /// Its ranks among those of its role.
    pub ranks: Ranks,
    /// What the stake agrees on, a part of one.
    pub consensus: Option<f64>,
    /// Trust, where the runtime still computes it.
    pub trust: Option<f64>,
    /// Trust of a validator.
    pub validator_trust: Option<f64>,
    /// Whether the chain calls it active: it set weights of late. Says nothing about pay.
    pub chain_active: Option<bool>,
    /// Block at which it registered.
    pub registered_at: Option<u64>,
    /// Block from which it can be replaced.
    pub immune_until: Option<u64>,
    /// Blocks since its last update.
    pub blocks_since_update: Option<u64>,
    /// When and as what its axon was served.
    pub axon_served: Option<ServedAxon>,
    /// Where miners are paid, as the chain shows it; of miners alone.
    pub places: Option<ChainPlaces>,
    /// What it shares with others.
    pub shares: Vec<Share>,
    /// The uid that `next` keeps instead of it.
    pub left_out_for: Option<u16>,
}

/// When and as what an axon was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Served")]
pub struct ServedAxon {
    /// Block.
    pub block: u64,
    /// Version of the protocol that it said; SDKs write their own.
    pub version: u32,
}

/// What a uid shares with others.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Share {
    /// What they share.
    pub shared: SharedIdentity,
    /// The others.
    pub others: Vec<u16>,
}

/// Ranks among those of one role, from 1; absent where the chain does not provide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Ranks {
    /// How many there are of its role.
    pub of: usize,
    /// By stake.
    pub stake: Option<usize>,
    /// By emission.
    pub emission: Option<usize>,
    /// By incentive.
    pub incentive: Option<usize>,
    /// By dividends.
    pub dividends: Option<usize>,
}

/// Where miners were paid at the last epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ChainPlaces {
    /// Miners that were paid.
    pub paid: usize,
    /// Least emission that was paid, in alpha.
    pub least_emission_alpha: f64,
    /// Least incentive that was paid, a part of one.
    pub least_incentive: Option<f64>,
    /// Incentive of this uid above it; below 0 if it was not paid.
    pub distance: Option<f64>,
}

/// Gathers it.
#[must_use]
pub fn neuron(metagraph: &Metagraph, neuron: &Neuron) -> NeuronVerdict {
    let role = metagraph.role(neuron);
    let group: Vec<&Neuron> = metagraph.of_role(role).collect();
    let rank = |by: By| {
        by.of(neuron)?;
        Some(1 + group.iter().filter(|n| by.order(n, neuron).is_lt()).count())
    };
    let ranks = Ranks {
        of: group.len(),
        stake: rank(By::Stake),
        emission: rank(By::Emission),
        incentive: rank(By::Incentive).filter(|_| role != Role::Validator),
        dividends: rank(By::Dividends).filter(|_| role == Role::Validator),
    };
    let near = neighbours(metagraph);
    let own = near
        .groups
        .into_iter()
        .filter(|group| group.uids.contains(&neuron.uid));
    NeuronVerdict {
        schema: NEURON_SCHEMA.into(),
        netuid: metagraph.netuid,
        read: metagraph.read.clone(),
        neuron: Ranked::new(metagraph, neuron, ranks.emission.unwrap_or(0)),
        ranks,
        consensus: neuron.consensus.map(|f| f.part()),
        trust: neuron.trust.map(|f| f.part()),
        validator_trust: neuron.validator_trust.map(|f| f.part()),
        chain_active: neuron.active,
        registered_at: neuron.registered_at,
        immune_until: neuron
            .registered_at
            .zip(metagraph.immunity_period)
            .and_then(|(at, period)| at.checked_add(u64::from(period))),
        blocks_since_update: neuron
            .last_update
            .map(|at| metagraph.read.block.saturating_sub(at)),
        axon_served: neuron.axon.map(|axon| ServedAxon {
            block: axon.block,
            version: axon.version,
        }),
        places: places(metagraph, neuron).filter(|_| role == Role::Miner),
        shares: own
            .map(|group| Share {
                shared: group.shared,
                others: group
                    .uids
                    .into_iter()
                    .filter(|uid| *uid != neuron.uid)
                    .collect(),
            })
            .collect(),
        left_out_for: near.left_out.get(&neuron.uid).copied(),
    }
}

fn places(metagraph: &Metagraph, neuron: &Neuron) -> Option<ChainPlaces> {
    let paid = paid(metagraph)?;
    let least = paid.iter().filter_map(|n| n.emission_rao).min()?;
    let incentives = paid.iter().filter_map(|n| n.incentive.map(|f| f.part()));
    let least_incentive = incentives.reduce(f64::min);
    Some(ChainPlaces {
        paid: paid.len(),
        least_emission_alpha: Alpha::whole(least),
        least_incentive,
        distance: neuron
            .incentive
            .map(|f| f.part())
            .zip(least_incentive)
            .map(|(own, least)| own - least),
    })
}
