//! The top miners, and validators in a list of their own.

use std::cmp::Ordering;

use serde::Serialize;

use super::amount::{Alpha, Tao};
use super::emission::{in_tao, per_day};
use super::metagraph::{Axon, Metagraph, Neuron, Reading};
use super::role::Role;
use crate::address::Address;

/// Form of a ranking.
pub const TOP_SCHEMA: &str = "vidaio.subnet-top/1";

/// What ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Total stake.
    Stake,
    /// Emission of the last epoch.
    Emission,
    /// Incentive.
    Incentive,
    /// Dividends, which only validators have.
    Dividends,
}

impl By {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stake => "stake",
            Self::Emission => "emission",
            Self::Incentive => "incentive",
            Self::Dividends => "dividends",
        }
    }

    /// Its unit.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Stake => "alpha",
            Self::Emission => "alpha an epoch",
            Self::Incentive | Self::Dividends => "part of one",
        }
    }

    /// The value of a uid, in its unit; absent where the chain does not provide it.
    #[must_use]
    pub fn of(self, neuron: &Neuron) -> Option<f64> {
        match self {
            Self::Stake => neuron.total_stake_rao.map(Alpha::whole),
            Self::Emission => neuron.emission_rao.map(Alpha::whole),
            Self::Incentive => neuron.incentive.map(|f| f.part()),
            Self::Dividends => neuron.dividends.map(|f| f.part()),
        }
    }

    /// Whole numbers in the chain's own unit, which compare exactly.
    fn exact(self, neuron: &Neuron) -> Option<u64> {
        match self {
            Self::Stake => neuron.total_stake_rao.map(Alpha::rao),
            Self::Emission => neuron.emission_rao.map(Alpha::rao),
            Self::Incentive => neuron.incentive.map(|f| f.0.into()),
            Self::Dividends => neuron.dividends.map(|f| f.0.into()),
        }
    }

    /// The greater first; equals by uid; those of whom nothing is known last.
    pub(super) fn order(self, a: &Neuron, b: &Neuron) -> Ordering {
        (self.exact(b), a.uid).cmp(&(self.exact(a), b.uid))
    }
}

/// One row of a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Ranked {
    /// Place, from 1.
    pub rank: usize,
    /// The uid.
    pub uid: u16,
    /// What it does.
    pub role: Role,
    /// Its hotkey.
    pub hotkey: Address,
    /// Its coldkey.
    pub coldkey: Option<Address>,
    /// Total stake in alpha.
    pub stake_alpha: Option<f64>,
    /// Of which alpha.
    pub alpha_stake_alpha: Option<f64>,
    /// And TAO, before the chain's weight.
    pub tao_stake_tao: Option<f64>,
    /// Alpha of the last epoch.
    pub emission_alpha: Option<f64>,
    /// Alpha a day.
    pub emission_alpha_per_day: Option<f64>,
    /// TAO a day.
    pub emission_tao_per_day: Option<f64>,
    /// Incentive, a part of one.
    pub incentive: Option<f64>,
    /// Dividends, a part of one.
    pub dividends: Option<f64>,
    /// Whether it holds a permit.
    pub validator_permit: Option<bool>,
    /// Its address and port.
    pub axon: Option<String>,
    /// Block of its last update.
    pub last_update: Option<u64>,
}

impl Ranked {
    pub(super) fn new(metagraph: &Metagraph, neuron: &Neuron, rank: usize) -> Self {
        let day = neuron.emission_rao.and_then(|e| per_day(metagraph, e));
        Self {
            rank,
            uid: neuron.uid,
            role: metagraph.role(neuron),
            hotkey: neuron.hotkey,
            coldkey: neuron.coldkey,
            stake_alpha: neuron.total_stake_rao.map(Alpha::whole),
            alpha_stake_alpha: neuron.alpha_stake_rao.map(Alpha::whole),
            tao_stake_tao: neuron.tao_stake_rao.map(Tao::whole),
            emission_alpha: neuron.emission_rao.map(Alpha::whole),
            emission_alpha_per_day: day,
            emission_tao_per_day: in_tao(metagraph, day),
            incentive: neuron.incentive.map(|f| f.part()),
            dividends: neuron.dividends.map(|f| f.part()),
            validator_permit: neuron.validator_permit,
            axon: neuron.axon.map(|a: Axon| a.to_string()),
            last_update: neuron.last_update,
        }
    }
}

impl std::fmt::Display for Axon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&std::net::SocketAddr::new(self.ip, self.port).to_string())
    }
}

/// The first of the miners, and of the validators.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TopVerdict {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Where and when it was read.
    pub read: Reading,
    /// What ranks the miners.
    pub by: By,
    /// Miners in all; the owner's are not among them.
    pub miners_total: usize,
    /// The first of them.
    pub miners: Vec<Ranked>,
    /// What ranks the validators: stake where miners are ranked by what validators do not have.
    pub validators_by: By,
    /// Validators in all.
    pub validators_total: usize,
    /// The first of them.
    pub validators: Vec<Ranked>,
}

/// Ranks miners and validators apart, `count` of each.
#[must_use]
pub fn top(metagraph: &Metagraph, by: By, count: usize) -> TopVerdict {
    let validators_by = match by {
        By::Incentive => By::Stake,
        other => other,
    };
    let (miners_total, miners) = ranked(metagraph, Role::Miner, by, count);
    let (validators_total, validators) = ranked(metagraph, Role::Validator, validators_by, count);
    TopVerdict {
        schema: TOP_SCHEMA.into(),
        netuid: metagraph.netuid,
        read: metagraph.read.clone(),
        by,
        miners_total,
        miners,
        validators_by,
        validators_total,
        validators,
    }
}

fn ranked(metagraph: &Metagraph, role: Role, by: By, count: usize) -> (usize, Vec<Ranked>) {
    let mut all: Vec<&Neuron> = metagraph.of_role(role).collect();
    all.sort_by(|a, b| by.order(a, b));
    let shown = all.iter().take(count).enumerate();
    let shown = shown.map(|(i, neuron)| Ranked::new(metagraph, neuron, i + 1));
    (all.len(), shown.collect())
}
