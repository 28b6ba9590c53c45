//! What changed between two reads of a subnet.

use std::fmt;

use serde::Serialize;

use super::amount::Alpha;
use super::metagraph::{Axon, Metagraph, Neuron};
use crate::address::Address;

/// Form of a comparison.
pub const DIFF_SCHEMA: &str = "vidaio.subnet-diff/1";

/// What changed between two blocks.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Changes {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Block of the earlier read.
    pub from_block: u64,
    /// Block of the later read.
    pub to_block: u64,
    /// Part by which emission or stake must change to be told.
    pub threshold: f64,
    /// The changes, by uid.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Change {
    /// The uid; absent where the subnet itself changed.
    pub uid: Option<u16>,
    /// Its hotkey, after the change where it has one.
    pub hotkey: Option<Address>,
    /// What changed.
    #[serde(flatten)]
    pub what: ChangeKind,
}

/// What can change.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A uid that was not there.
    Registered,
    /// A uid that went to another hotkey.
    Replaced {
        /// The hotkey before.
        before: Address,
    },
    /// A uid that is gone.
    Gone,
    /// Its coldkey was swapped.
    Coldkey {
        /// Before.
        before: Option<Address>,
        /// After.
        after: Option<Address>,
    },
    /// It has a permit now.
    PermitGained,
    /// It has none any more.
    PermitLost,
    /// It serves elsewhere, begins to or ceases to.
    Axon {
        /// Before.
        before: Option<String>,
        /// After.
        after: Option<String>,
    },
    /// It is paid more or less, begins to be or ceases to be. In rao of alpha.
    Emission {
        /// Before.
        before_rao: Alpha,
        /// After.
        after_rao: Alpha,
    },
    /// Its stake changed. In rao of alpha.
    Stake {
        /// Before.
        before_rao: Alpha,
        /// After.
        after_rao: Alpha,
    },
    /// Epochs last otherwise.
    Tempo {
        /// Blocks before.
        before: Option<u16>,
        /// Blocks after.
        after: Option<u16>,
    },
    /// The subnet has another owner.
    Owner {
        /// Coldkey before.
        before: Option<Address>,
        /// Coldkey after.
        after: Option<Address>,
    },
    /// The runtime was upgraded.
    Runtime {
        /// Version before.
        before: u32,
        /// Version after.
        after: u32,
    },
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn or_none<T: fmt::Display>(value: &Option<T>) -> String {
            value.as_ref().map_or_else(|| "none".into(), T::to_string)
        }
        match self {
            Self::Registered => write!(f, "registered"),
            Self::Replaced { before } => write!(f, "registered in place of {before}"),
            Self::Gone => write!(f, "gone"),
            Self::Coldkey { before, after } => {
                write!(f, "coldkey {} -> {}", or_none(before), or_none(after))
            }
            Self::PermitGained => write!(f, "gained a validator permit"),
            Self::PermitLost => write!(f, "lost its validator permit"),
            Self::Axon { before, after } => {
                write!(f, "axon {} -> {}", or_none(before), or_none(after))
            }
            Self::Emission {
                before_rao,
                after_rao,
            } => write!(f, "emission {before_rao} -> {after_rao} an epoch"),
            Self::Stake {
                before_rao,
                after_rao,
            } => write!(f, "stake {before_rao} -> {after_rao}"),
            Self::Tempo { before, after } => {
                write!(f, "tempo {} -> {} blocks", or_none(before), or_none(after))
            }
            Self::Owner { before, after } => {
                write!(f, "owner {} -> {}", or_none(before), or_none(after))
            }
            Self::Runtime { before, after } => write!(f, "runtime {before} -> {after}"),
        }
    }
}

/// Compares two reads. `threshold` is the part by which an amount must change to be told; one that
/// becomes or ceases to be 0 is told always.
#[must_use]
pub fn changes(from: &Metagraph, to: &Metagraph, threshold: f64) -> Changes {
    let mut found: Vec<Change> = subnet(from, to)
        .into_iter()
        .map(|what| Change {
            uid: None,
            hotkey: None,
            what,
        })
        .collect();
    let axons_known = from.tells_axons() && to.tells_axons();
    let uids = from.neurons.len().max(to.neurons.len());
    for uid in (0..uids).filter_map(|uid| u16::try_from(uid).ok()) {
        let (before, after) = (from.uid(uid), to.uid(uid));
        let whats = match (before, after) {
            (None, Some(_)) => vec![ChangeKind::Registered],
            (Some(_), None) => vec![ChangeKind::Gone],
            (Some(before), Some(after)) if before.hotkey != after.hotkey => {
                vec![ChangeKind::Replaced {
                    before: before.hotkey,
                }]
            }
            (Some(before), Some(after)) => {
                let mut found = of_one(before, after, threshold);
                found.retain(|what| axons_known || !matches!(what, ChangeKind::Axon { .. }));
                found
            }
            (None, None) => Vec::new(),
        };
        let hotkey = after.or(before).map(|n| n.hotkey);
        found.extend(whats.into_iter().map(|what| Change {
            uid: Some(uid),
            hotkey,
            what,
        }));
    }
    Changes {
        schema: DIFF_SCHEMA.into(),
        netuid: to.netuid,
        from_block: from.read.block,
        to_block: to.read.block,
        threshold,
        changes: found,
    }
}

fn subnet(from: &Metagraph, to: &Metagraph) -> Vec<ChangeKind> {
    let mut found = Vec::new();
    if from.read.spec_version != to.read.spec_version {
        found.push(ChangeKind::Runtime {
            before: from.read.spec_version,
            after: to.read.spec_version,
        });
    }
    // What one of the reads does not tell did not change as far as is known.
    if from.tempo != to.tempo && from.tempo.is_some() && to.tempo.is_some() {
        found.push(ChangeKind::Tempo {
            before: from.tempo,
            after: to.tempo,
        });
    }
    if from.owner_coldkey != to.owner_coldkey
        && from.owner_coldkey.is_some()
        && to.owner_coldkey.is_some()
    {
        found.push(ChangeKind::Owner {
            before: from.owner_coldkey,
            after: to.owner_coldkey,
        });
    }
    found
}

fn of_one(before: &Neuron, after: &Neuron, threshold: f64) -> Vec<ChangeKind> {
    let mut found = Vec::new();
    if before.coldkey != after.coldkey && before.coldkey.is_some() && after.coldkey.is_some() {
        found.push(ChangeKind::Coldkey {
            before: before.coldkey,
            after: after.coldkey,
        });
    }
    match (before.validator_permit, after.validator_permit) {
        (Some(false), Some(true)) => found.push(ChangeKind::PermitGained),
        (Some(true), Some(false)) => found.push(ChangeKind::PermitLost),
        _ => {}
    }
    let place = |axon: Option<Axon>| axon.map(|a| (a.ip, a.port));
    if place(before.axon) != place(after.axon) {
        found.push(ChangeKind::Axon {
            before: before.axon.map(|a| a.to_string()),
            after: after.axon.map(|a| a.to_string()),
        });
    }
    let moved = |a: Option<Alpha>, b: Option<Alpha>| {
        let (a, b) = a.zip(b)?;
        let (low, high) = (a.min(b), a.max(b));
        let told = low != high
            && (low.rao() == 0 || (high.rao() - low.rao()) as f64 > threshold * a.rao() as f64);
        told.then_some((a, b))
    };
    if let Some((before_rao, after_rao)) = moved(before.emission_rao, after.emission_rao) {
        found.push(ChangeKind::Emission {
            before_rao,
            after_rao,
        });
    }
    if let Some((before_rao, after_rao)) = moved(before.total_stake_rao, after.total_stake_rao) {
        found.push(ChangeKind::Stake {
            before_rao,
            after_rao,
        });
    }
    found
}
