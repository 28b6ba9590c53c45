//! Which hotkeys hold a validator's permit, as of the last read of the metagraph.
//!
//! Source: `ChainValidatorRegistry` of `vidaio/services/artifact_auth.py` in validator-vidaio at `b71f22d5`:
//! a view is read anew after 45 seconds, used for up to 300 while the chain cannot be read, and not beyond.

use std::collections::HashMap;

use crate::address::Address;
use crate::subnet::{Alpha, Metagraph};

/// Age in seconds up to which a view may be used. Source: as above.
const OLDEST: f64 = 300.0;

/// Whether a hotkey validates now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It is registered exactly once and holds a permit.
    Holds,
    Lacks,
    /// There is no view of the subnet, or it is too old.
    Unknown,
}

/// What a metagraph says of one hotkey.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// Number of UIDs that the hotkey has; the chain gives it one.
    pub registered: u32,
    /// Whether one of its UIDs holds a validator's permit.
    pub permit: bool,
    /// Of all its UIDs together.
    pub stake: Alpha,
    /// The first of its UIDs.
    pub uid: u16,
}

/// The permits of a subnet at the time when its metagraph was read.
#[derive(Debug, Clone, PartialEq)]
pub struct PermitView {
    hotkeys: HashMap<Address, Member>,
    /// Unix seconds of the read.
    read_at: f64,
    block: u64,
}

impl PermitView {
    /// The permits of a metagraph that was read at a time in Unix seconds.
    #[must_use]
    pub fn new(metagraph: &Metagraph, read_at: f64) -> Self {
        let mut hotkeys = HashMap::new();
        for neuron in &metagraph.neurons {
            let member = hotkeys.entry(neuron.hotkey).or_insert(Member {
                registered: 0,
                permit: false,
                stake: Alpha::from_rao(0),
                uid: neuron.uid,
            });
            member.registered += 1;
            member.permit |= neuron.validator_permit == Some(true);
            if let Some(stake) = neuron.total_stake_rao {
                member.stake = member.stake + stake;
            }
        }
        Self {
            hotkeys,
            read_at,
            block: metagraph.read.block,
        }
    }

    /// Whether the view is young enough to be used at a time in Unix seconds.
    #[must_use]
    pub fn is_usable(&self, now: f64) -> bool {
        now - self.read_at < OLDEST
    }

    /// Unix seconds of the read.
    #[must_use]
    pub const fn read_at(&self) -> f64 {
        self.read_at
    }

    /// Number of the block that was read.
    #[must_use]
    pub const fn block(&self) -> u64 {
        self.block
    }

    /// What the metagraph says of a hotkey; nothing if it is not registered.
    #[must_use]
    pub fn member(&self, hotkey: &Address) -> Option<Member> {
        self.hotkeys.get(hotkey).copied()
    }

    /// Number of hotkeys that hold a permit.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.hotkeys.values().filter(|m| m.permit).count()
    }

    /// Whether a hotkey validates at a time in Unix seconds.
    #[must_use]
    pub fn permit(&self, hotkey: &Address, now: f64) -> Permit {
        if !self.is_usable(now) {
            return Permit::Unknown;
        }
        match self.hotkeys.get(hotkey) {
            Some(Member {
                registered: 1,
                permit: true,
                ..
            }) => Permit::Holds,
            _ => Permit::Lacks,
        }
    }
}
