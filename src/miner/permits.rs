//! Who validates now, as far as this miner knows.
//!
//! Source: `ChainValidatorRegistry` of `vidaio/services/artifact_auth.py` in validator-vidaio at `b71f22d5`:
//! a view is read anew after 45 seconds, served for up to 300 while it cannot be, and refused after that.

use std::collections::HashMap;

use super::artifact::Permit;
use crate::address::Address;
use crate::subnet::Metagraph;

/// Seconds after which a view is read anew.
const FRESH: f64 = 45.0;
/// Seconds up to which a view may still be served.
const OLDEST: f64 = 300.0;

/// Permits of a subnet at the time of a read.
#[derive(Debug, Clone, PartialEq)]
pub struct PermitView {
    /// How often each hotkey is registered, and whether one of its uids holds a permit.
    hotkeys: HashMap<Address, (u32, bool)>,
    /// Unix seconds of the read.
    read_at: f64,
}

impl PermitView {
    /// Of a metagraph that was read at a time, in Unix seconds.
    #[must_use]
    pub fn new(metagraph: &Metagraph, read_at: f64) -> Self {
        let mut hotkeys = HashMap::new();
        for neuron in &metagraph.neurons {
            let (count, permit) = hotkeys.entry(neuron.hotkey).or_insert((0, false));
            *count += 1;
            *permit |= neuron.validator_permit == Some(true);
        }
        Self { hotkeys, read_at }
    }

    /// Whether it is time to read the chain again.
    #[must_use]
    pub fn is_due(&self, now: f64) -> bool {
        now - self.read_at >= FRESH
    }

    /// Whether a hotkey validates. It must be registered exactly once and hold a permit.
    #[must_use]
    pub fn permit(&self, hotkey: &Address, now: f64) -> Permit {
        if now - self.read_at >= OLDEST {
            return Permit::Unknown;
        }
        match self.hotkeys.get(hotkey) {
            Some((1, true)) => Permit::Holds,
            _ => Permit::Lacks,
        }
    }
}
