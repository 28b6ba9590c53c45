//! Who validates now, as far as this miner knows.
//!
//! Source: `ChainValidatorRegistry` of `vidaio/services/artifact_auth.py` in validator-vidaio at `b71f22d5`:
//! a view is read anew after 45 seconds, served for up to 300 while it cannot be, and refused after that.

use std::collections::HashMap;

use super::artifact::Permit;
use crate::address::Address;
use crate::subnet::{Alpha, Metagraph};

/// Seconds after which a view is read anew.
const FRESH: f64 = 45.0;
/// Seconds up to which a view may still be served.
const OLDEST: f64 = 300.0;

/// What a subnet says of one hotkey.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// How many of its uids the hotkey has; the chain gives it one.
    pub registered: u32,
    /// Whether one of them holds a validator's permit.
    pub permit: bool,
    /// What they hold together.
    pub stake: Alpha,
    /// One of them.
    pub uid: u16,
}

/// Permits of a subnet at the time of a read.
#[derive(Debug, Clone, PartialEq)]
pub struct PermitView {
    hotkeys: HashMap<Address, Member>,
    /// Unix seconds of the read.
    read_at: f64,
    /// Block that was read.
    block: u64,
}

impl PermitView {
    /// Of a metagraph that was read at a time, in Unix seconds.
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

    /// Whether it is time to read the chain again.
    #[must_use]
    pub fn is_due(&self, now: f64) -> bool {
        now - self.read_at >= FRESH
    }

    /// Whether it may still be gone by.
    #[must_use]
    pub fn is_served(&self, now: f64) -> bool {
        now - self.read_at < OLDEST
    }

    /// Unix seconds of the read.
    #[must_use]
    pub const fn read_at(&self) -> f64 {
        self.read_at
    }

    /// Block that was read.
    #[must_use]
    pub const fn block(&self) -> u64 {
        self.block
    }

    /// What is known of a hotkey.
    #[must_use]
    pub fn member(&self, hotkey: &Address) -> Option<Member> {
        self.hotkeys.get(hotkey).copied()
    }

    /// How many hotkeys hold a permit.
    #[must_use]
    pub fn permits(&self) -> usize {
        self.hotkeys.values().filter(|m| m.permit).count()
    }

    /// Whether a hotkey validates. It must be registered exactly once and hold a permit.
    #[must_use]
    pub fn permit(&self, hotkey: &Address, now: f64) -> Permit {
        if !self.is_served(now) {
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
