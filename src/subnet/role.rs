//! Who validates and who mines.
//!
//! A permit alone does not make a validator: it goes by stake, and miners stake alpha on themselves
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
    /// A miner of the subnet's owner: the chain lists its emission and withholds it.
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
    /// What a uid does, as far as the chain tells.
    #[must_use]
    pub fn role(&self, neuron: &Neuron) -> Role {
        let permit = neuron.validator_permit == Some(true);
        let earns = neuron.dividends.is_some_and(|d| d.0 > 0);
        let mines = neuron.incentive.is_some_and(|i| i.0 > 0);
        let stake = neuron.total_stake_rao.unwrap_or_default();
        if permit && (earns || (!mines && stake >= VALIDATOR_STAKE)) {
            Role::Validator
        } else if self.owner_hotkey == Some(neuron.hotkey)
            || (self.owner_coldkey.is_some() && neuron.coldkey == self.owner_coldkey)
        {
            Role::Owner
        } else {
            Role::Miner
        }
    }

    /// Everyone of a role, by uid.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Neuron> {
        self.neurons.iter().filter(move |n| self.role(n) == role)
    }
}
