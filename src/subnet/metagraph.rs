//! A subnet at one block, as the chain reports it. Also the form of a snapshot.
//!
//! Fields follow `get_metagraph` of the subtensor runtime (specs 293 to 459), by name. What a runtime
//! does not report is absent here and named in `unknown`, never guessed.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::amount::{Alpha, Tao};
use super::epoch::EpochLength;
use crate::address::Address;

/// Version of the snapshot's form.
pub const METAGRAPH_SCHEMA: &str = "vidaio.metagraph/1";

/// A subnet at one block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Metagraph {
    /// Form of this record.
    pub schema: String,
    /// Where it was read.
    pub read: Reading,
    /// Number of the subnet.
    pub netuid: u16,
    /// Its name.
    pub name: Option<String>,
    /// Symbol of its coin.
    pub symbol: Option<String>,
    /// Blocks of an epoch, nominally.
    pub tempo: Option<u16>,
    /// How long an epoch lasts.
    pub epoch: Option<EpochLength>,
    /// Block of the last epoch.
    pub last_step: Option<u64>,
    /// Blocks since the last epoch.
    pub blocks_since_last_step: Option<u64>,
    /// Places of the subnet.
    pub max_uids: Option<u16>,
    /// Places for validator permits.
    pub max_validators: Option<u16>,
    /// Blocks for which a new uid cannot be pushed out.
    pub immunity_period: Option<u16>,
    /// Registration cost.
    pub registration: Registration,
    /// The pool of TAO and alpha.
    pub pool: Pool,
    /// Hotkey of the subnet's owner.
    pub owner_hotkey: Option<Address>,
    /// Coldkey of the subnet's owner.
    pub owner_coldkey: Option<Address>,
    /// Its uids, ascending from 0 without a gap.
    pub neurons: Vec<Neuron>,
    /// Fields that the runtime does not provide, by the chain's names.
    #[serde(default)]
    pub unknown: Vec<String>,
}

/// Where and how a metagraph was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reading {
    /// Block of the read.
    pub block: u64,
    /// Hash of that block.
    pub block_hash: String,
    /// Hash of the chain's first block.
    pub genesis: String,
    /// Version of the runtime.
    pub spec_version: u32,
    /// The network as it was asked for.
    pub network: String,
    /// The endpoint that answered.
    pub endpoint: String,
    /// What was asked.
    pub route: Route,
    /// When, by this machine's clock.
    pub read_at: String,
}

/// What a metagraph was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// One call of the runtime, `SubnetInfoRuntimeApi.get_metagraph`.
    RuntimeCall,
    /// The maps of the chain's storage, for runtimes without that call.
    Storage,
}

/// Cost of registering on the subnet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Registration {
    /// Whether it is open.
    pub allowed: Option<bool>,
    /// Registration cost now, in rao of TAO.
    pub cost_rao: Option<Tao>,
}

/// The pool in which TAO and alpha are swapped.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pool {
    /// Rao of TAO in it.
    pub tao_in_rao: Option<Tao>,
    /// Rao of alpha in it.
    pub alpha_in_rao: Option<Alpha>,
    /// Rao of alpha outside, with its holders.
    pub alpha_out_rao: Option<Alpha>,
    /// Rao of alpha that each block brings to holders, of which miners get 41 %.
    pub alpha_out_emission_rao: Option<Alpha>,
    /// Price of one alpha in TAO.
    pub price: Option<Price>,
}

/// Price of one alpha in TAO.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Price {
    /// TAO for one alpha.
    pub tao_per_alpha: f64,
    /// Where the number comes from.
    pub source: PriceSource,
}

/// Where a price comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceSource {
    /// The runtime's own figure, `SwapRuntimeApi.current_alpha_price`.
    Swap,
    /// TAO in the pool by alpha in the pool.
    Reserves,
    /// The chain's moving average, `moving_price`.
    MovingAverage,
}

/// One uid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Neuron {
    /// Its number.
    pub uid: u16,
    /// Its hotkey.
    pub hotkey: Address,
    /// Its coldkey.
    pub coldkey: Option<Address>,
    /// Where it serves; absent where it does not, or the chain does not provide it.
    pub axon: Option<Axon>,
    /// Whether the chain counts it as active: it set weights of late.
    pub active: Option<bool>,
    /// Whether its weights count.
    pub validator_permit: Option<bool>,
    /// Block at which it last set weights or registered.
    pub last_update: Option<u64>,
    /// Block at which it registered.
    pub registered_at: Option<u64>,
    /// Rao of alpha that the last epoch brought.
    pub emission_rao: Option<Alpha>,
    /// Its share of what miners get.
    pub incentive: Option<Fraction>,
    /// Its share of what validators get.
    pub dividends: Option<Fraction>,
    /// What the stake agrees on.
    pub consensus: Option<Fraction>,
    /// Trust; runtimes since April 2026 do not compute it.
    pub trust: Option<Fraction>,
    /// Trust of a validator.
    pub validator_trust: Option<Fraction>,
    /// Rao of alpha staked on it, inherited stake included.
    pub alpha_stake_rao: Option<Alpha>,
    /// Rao of TAO staked on it at the root.
    pub tao_stake_rao: Option<Tao>,
    /// Alpha stake, and TAO stake by the chain's weight, as rao of alpha.
    pub total_stake_rao: Option<Alpha>,
}

/// A part of one, counted in 1/65535.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Fraction(pub u16);

impl Fraction {
    /// As a part of one.
    #[must_use]
    pub fn part(self) -> f64 {
        f64::from(self.0) / f64::from(u16::MAX)
    }
}

/// Where a uid serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Axon {
    /// Its address.
    pub ip: IpAddr,
    /// Its port.
    pub port: u16,
    /// Version that it said.
    pub version: u32,
    /// Block at which it was served.
    pub block: u64,
}

/// Why a record is no metagraph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetagraphError {
    /// Not JSON of this form.
    #[error("it is no snapshot of a metagraph ({0})")]
    NotASnapshot(String),
    /// A snapshot of another version.
    #[error("its form is `{0}`; this program reads {METAGRAPH_SCHEMA}")]
    Schema(String),
    /// Uids that are not 0, 1, 2 and so on.
    #[error("uid {found} stands where uid {expected} belongs")]
    Uids {
        /// What stands there.
        found: u16,
        /// What belongs there.
        expected: usize,
    },
    /// A hotkey that has two uids.
    #[error("uids {0} and {1} have one hotkey")]
    Twice(u16, u16),
    /// A field that some uids have and others lack: the chain provides it for all or for none.
    #[error("uid {uid} has no `{field}`, which others have")]
    Partial {
        /// The uid.
        uid: u16,
        /// The field.
        field: &'static str,
    },
    /// More than there can be.
    #[error("`{0}` of all uids together is more than 64 bits hold")]
    Sum(&'static str),
}

impl Metagraph {
    /// Reads a snapshot.
    ///
    /// # Errors
    /// A text that is no snapshot, or one that contradicts itself.
    pub fn from_json(text: &[u8]) -> Result<Self, MetagraphError> {
        #[derive(Deserialize)]
        struct Named {
            schema: Option<String>,
        }
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let wrong = |e: serde_json::Error| MetagraphError::NotASnapshot(e.to_string());
        match serde_json::from_slice::<Named>(text).map_err(wrong)?.schema {
            Some(schema) if schema == METAGRAPH_SCHEMA => {}
            Some(schema) => return Err(MetagraphError::Schema(schema)),
            None => return Err(MetagraphError::NotASnapshot("it has no `schema`".into())),
        }
        let metagraph: Self = serde_json::from_slice(text).map_err(wrong)?;
        metagraph.check()?;
        Ok(metagraph)
    }

    /// Checks that uids are counted up, hotkeys stand once, and sums are possible.
    ///
    /// # Errors
    /// What contradicts itself.
    pub fn check(&self) -> Result<(), MetagraphError> {
        let mut seen = HashMap::new();
        for (expected, neuron) in self.neurons.iter().enumerate() {
            if usize::from(neuron.uid) != expected {
                return Err(MetagraphError::Uids {
                    found: neuron.uid,
                    expected,
                });
            }
            if let Some(other) = seen.insert(neuron.hotkey, neuron.uid) {
                return Err(MetagraphError::Twice(other, neuron.uid));
            }
        }
        self.whole("emission_rao", |n| n.emission_rao.is_some())?;
        self.whole("incentive", |n| n.incentive.is_some())?;
        self.whole("dividends", |n| n.dividends.is_some())?;
        self.whole("total_stake_rao", |n| n.total_stake_rao.is_some())?;
        self.whole("validator_permit", |n| n.validator_permit.is_some())?;
        self.summed("emission_rao", |n| n.emission_rao.map(Alpha::rao))?;
        self.summed("total_stake_rao", |n| n.total_stake_rao.map(Alpha::rao))
    }

    fn summed(
        &self,
        field: &'static str,
        of: impl Fn(&Neuron) -> Option<u64>,
    ) -> Result<(), MetagraphError> {
        let mut all = self.neurons.iter().filter_map(of);
        match all.try_fold(0_u64, u64::checked_add) {
            Some(_) => Ok(()),
            None => Err(MetagraphError::Sum(field)),
        }
    }

    fn whole(
        &self,
        field: &'static str,
        has: impl Fn(&Neuron) -> bool,
    ) -> Result<(), MetagraphError> {
        let lacking = self.neurons.iter().find(|n| !has(n));
        match lacking {
            Some(neuron) if self.neurons.iter().any(&has) => Err(MetagraphError::Partial {
                uid: neuron.uid,
                field,
            }),
            _ => Ok(()),
        }
    }

    /// Whether axons were announced; a uid that serves nothing has none either way.
    #[must_use]
    pub fn tells_axons(&self) -> bool {
        let axons = |field: &String| field.eq_ignore_ascii_case("axons");
        !self.unknown.iter().any(axons)
    }

    /// A uid.
    #[must_use]
    pub fn uid(&self, uid: u16) -> Option<&Neuron> {
        self.neurons.get(usize::from(uid))
    }

    /// The uid of a hotkey.
    #[must_use]
    pub fn hotkey(&self, hotkey: &Address) -> Option<&Neuron> {
        self.neurons.iter().find(|n| n.hotkey == *hotkey)
    }
}
