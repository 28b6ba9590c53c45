//! The subnet in a few numbers, and its miners.

use serde::Serialize;

use super::amount::{Alpha, Tao};
use super::emission::{in_tao, per_day};
use super::epoch::EpochLength;
use super::metagraph::{Metagraph, Neuron, Price, Reading};
use super::percentile::{percentile, sorted};
use super::ranking::{By, Ranked};
use super::role::Role;

/// Form of an overview.
pub const OVERVIEW_SCHEMA: &str = "vidaio.subnet/1";
/// Form of a list of miners.
pub const MINERS_SCHEMA: &str = "vidaio.subnet-miners/1";

/// The subnet in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Overview {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Its name.
    pub name: Option<String>,
    /// Where and when it was read.
    pub read: Reading,
    /// Blocks of an epoch, nominally.
    pub tempo: Option<u16>,
    /// How long an epoch lasts.
    pub epoch: Option<EpochLength>,
    /// Blocks since the last epoch.
    pub blocks_since_last_step: Option<u64>,
    /// Uids that are taken.
    pub registered: usize,
    /// Places there are.
    pub max_uids: Option<u16>,
    /// Uids that validate.
    pub validators: usize,
    /// Uids that hold a permit.
    pub permits: Option<usize>,
    /// Uids that mine, the owner's left out.
    pub miners: usize,
    /// Miners with an emission above 0; absent where the chain reports no emission.
    pub miners_with_emission: Option<usize>,
    /// Uids of the owner: what they earn as miners is withheld.
    pub owner_uids: usize,
    /// Stake of all uids in alpha.
    pub total_stake_alpha: Option<f64>,
    /// Stake in the middle, in alpha.
    pub median_stake_alpha: Option<f64>,
    /// What an epoch brings to all uids, in alpha.
    pub emission_alpha: Option<f64>,
    /// Registration cost in TAO.
    pub registration_cost_tao: Option<f64>,
    /// Whether registration is open.
    pub registration_allowed: Option<bool>,
    /// Price of one alpha in TAO.
    pub price: Option<Price>,
    /// Fields that the runtime does not provide.
    pub unknown: Vec<String>,
}

/// Computes the overview.
#[must_use]
pub fn overview(metagraph: &Metagraph) -> Overview {
    let count = |role| metagraph.of_role(role).count();
    let stakes = values(metagraph.neurons.iter(), By::Stake);
    let emission: Option<Alpha> = metagraph.neurons.iter().map(|n| n.emission_rao).sum();
    let stake: Option<Alpha> = metagraph.neurons.iter().map(|n| n.total_stake_rao).sum();
    let permits: Option<Vec<bool>> = metagraph
        .neurons
        .iter()
        .map(|n| n.validator_permit)
        .collect();
    Overview {
        schema: OVERVIEW_SCHEMA.into(),
        netuid: metagraph.netuid,
        name: metagraph.name.clone(),
        read: metagraph.read.clone(),
        tempo: metagraph.tempo,
        epoch: metagraph.epoch,
        blocks_since_last_step: metagraph.blocks_since_last_step,
        registered: metagraph.neurons.len(),
        max_uids: metagraph.max_uids,
        validators: count(Role::Validator),
        permits: permits.map(|all| all.iter().filter(|p| **p).count()),
        miners: count(Role::Miner),
        miners_with_emission: paid(metagraph).map(|paid| paid.len()),
        owner_uids: owners(metagraph),
        total_stake_alpha: stake.map(Alpha::whole),
        median_stake_alpha: stakes.and_then(|all| percentile(&sorted(all), 50.0)),
        emission_alpha: emission.map(Alpha::whole),
        registration_cost_tao: metagraph.registration.cost_rao.map(Tao::whole),
        registration_allowed: metagraph.registration.allowed,
        price: metagraph.pool.price,
        unknown: metagraph.unknown.clone(),
    }
}

fn owners(metagraph: &Metagraph) -> usize {
    let own = |n: &&Neuron| metagraph.is_owners(n);
    metagraph.neurons.iter().filter(own).count()
}

/// Miners with an emission above 0, by uid; none where the emission is unknown.
pub(super) fn paid(metagraph: &Metagraph) -> Option<Vec<&Neuron>> {
    let known = metagraph.neurons.iter().all(|n| n.emission_rao.is_some());
    known.then(|| {
        metagraph
            .of_role(Role::Miner)
            .filter(|n| n.emission_rao > Some(Alpha::from_rao(0)))
            .collect()
    })
}

/// A quantity of some uids, unless it is unknown for one of them.
pub(super) fn values<'a>(neurons: impl Iterator<Item = &'a Neuron>, by: By) -> Option<Vec<f64>> {
    neurons.map(|n| by.of(n)).collect()
}

/// The miners, with counts and sums.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct MinersVerdict {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Where and when it was read.
    pub read: Reading,
    /// Miners in all; the owner's are not among them.
    pub miners: usize,
    /// Those with an emission above 0.
    pub active: Option<usize>,
    /// Miners without emission that have stake: they are not active.
    pub staked_without_emission: Option<usize>,
    /// Whether only active ones are listed.
    pub only_active: bool,
    /// Blocks of an epoch.
    pub epoch: Option<EpochLength>,
    /// Price of one alpha in TAO.
    pub price: Option<Price>,
    /// Alpha of the last epoch, all miners together.
    pub emission_alpha: Option<f64>,
    /// The same in TAO.
    pub emission_tao: Option<f64>,
    /// Alpha a day.
    pub emission_alpha_per_day: Option<f64>,
    /// TAO a day.
    pub emission_tao_per_day: Option<f64>,
    /// Stake of all miners in alpha.
    pub stake_alpha: Option<f64>,
    /// Uids of the owner.
    pub owner_uids: usize,
    /// Alpha of the last epoch that the chain lists for them as miners and withholds.
    pub withheld_alpha: Option<f64>,
    /// The miners, by emission.
    pub list: Vec<Ranked>,
}

/// Lists the miners.
#[must_use]
pub fn miners(metagraph: &Metagraph, only_active: bool) -> MinersVerdict {
    let all: Vec<&Neuron> = metagraph.of_role(Role::Miner).collect();
    let paid = paid(metagraph);
    let emission: Option<Alpha> = all.iter().map(|n| n.emission_rao).sum();
    let stake: Option<Alpha> = all.iter().map(|n| n.total_stake_rao).sum();
    let zero = Some(Alpha::from_rao(0));
    let day = emission.and_then(|e| per_day(metagraph, e));
    let mut list: Vec<&Neuron> = match &paid {
        Some(paid) if only_active => paid.clone(),
        _ => all.clone(),
    };
    list.sort_by(|a, b| By::Emission.order(a, b));
    MinersVerdict {
        schema: MINERS_SCHEMA.into(),
        netuid: metagraph.netuid,
        read: metagraph.read.clone(),
        miners: all.len(),
        active: paid.as_ref().map(Vec::len),
        staked_without_emission: paid.map(|_| {
            all.iter()
                .filter(|n| n.emission_rao == zero && n.total_stake_rao > zero)
                .count()
        }),
        only_active,
        epoch: metagraph.epoch,
        price: metagraph.pool.price,
        emission_alpha: emission.map(Alpha::whole),
        emission_tao: in_tao(metagraph, emission.map(Alpha::whole)),
        emission_alpha_per_day: day,
        emission_tao_per_day: in_tao(metagraph, day),
        stake_alpha: stake.map(Alpha::whole),
        owner_uids: owners(metagraph),
        withheld_alpha: metagraph.withheld_alpha(),
        list: list
            .iter()
            .enumerate()
            .map(|(i, neuron)| Ranked::new(metagraph, neuron, i + 1))
            .collect(),
    }
}
