//! Who validates and who mines.
//!
//! A permit alone does not make a validator: stake decides, and miners stake alpha on themselves
//! (`docs/reference/subnet.md`). The network's own validators leave a uid out only if it holds a permit
//! and a stake of at least 25,000 (`vidaio_subnet_core/utilities/uids.py` at `fea3779`).

use serde::Serialize;

use super::amount::{Alpha, RAO};
use super::metagraph::{Metagraph, Neuron};

/// Total stake from which validators take the holder of a permit for one of themselves.
pub const VALIDATOR_STAKE: Alpha = Alpha::from_rao(25_000 * RAO);

/// What a uid does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It holds a permit and either earns dividends, or has a validator's stake and no incentive.
    Validator,
    /// Everyone else.
    Miner,
    /// One of the subnet's owner that does not validate: the chain lists its emission and withholds it.
    Owner,
}

impl Role {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Miner => "miner",
            Self::Owner => "owner",
        }
    }
}

impl Metagraph {
    /// What a uid does, as far as the chain shows.
    #[must_use]
    pub fn role(&self, neuron: &Neuron) -> Role {
        let permit = neuron.validator_permit == Some(true);
        let earns = neuron.dividends.is_some_and(|d| d.0 > 0);
        let mines = neuron.incentive.is_some_and(|i| i.0 > 0);
        let stake = neuron.total_stake_rao.unwrap_or_default();
        if permit && (earns || (!mines && stake >= VALIDATOR_STAKE)) {
            Role::Validator
        } else if self.is_owners(neuron) {
            Role::Owner
        } else {
            Role::Miner
        }
    }

    /// Whether a uid belongs to the subnet's owner. What it earns as a miner is withheld, whatever else
    /// it does.
    #[must_use]
    pub fn is_owners(&self, neuron: &Neuron) -> bool {
        self.owner_hotkey == Some(neuron.hotkey)
            || (self.owner_coldkey.is_some() && neuron.coldkey == self.owner_coldkey)
    }

    /// Incentive of the owner's uids, and of all.
    pub(super) fn incentive_of_owner(&self) -> Option<(f64, f64)> {
        let sum = |of: &dyn Fn(&Neuron) -> bool| -> Option<f64> {
            let parts = self.neurons.iter().filter(|n| of(n));
            parts.map(|n| n.incentive.map(|f| f.part())).sum()
        };
        sum(&|n| self.is_owners(n)).zip(sum(&|_| true))
    }

    /// Alpha of the last epoch that the chain lists for the owner's uids as miners and withholds: half of
    /// all emission is the miners', split by incentive.
    #[must_use]
    pub fn withheld_alpha(&self) -> Option<f64> {
        let all: Option<Alpha> = self.neurons.iter().map(|n| n.emission_rao).sum();
        let (own, whole) = self.incentive_of_owner()?;
        if whole <= 0.0 {
            return Some(0.0);
        }
        Some(all?.whole() / 2.0 * own / whole)
    }

    /// Everyone of a role, by uid.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Neuron> {
        self.neurons.iter().filter(move |n| self.role(n) == role)
    }
}
