//! Nonces that were used. One that could be used again is never forgotten to make room.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::address::Address;

/// Nonces remembered at a time. As in the reference miner.
const MAX_NONCES: usize = 10_000;
/// Nonces remembered of one validator, so that none can use up the room of all. As in the reference miner.
const MAX_PER_VALIDATOR: usize = 256;

/// Why a nonce cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayError {
    /// It was claimed before, or expired so long ago that this is no longer known.
    Used,
    /// There is no room to remember it.
    Full,
}

/// The nonces of requests that have not expired.
#[derive(Debug, Default)]
pub struct ReplayMemory {
    live: HashSet<(Address, String)>,
    per_validator: HashMap<Address, usize>,
    /// By expiry in Unix seconds, the earliest on top.
    by_expiry: BinaryHeap<Reverse<(u64, Address, String)>>,
    /// The latest time in Unix seconds at which expired nonces were forgotten. Requests are verified in parallel,
    /// so a claim may follow one that carries a later time.
    forgotten_until: f64,
}

impl ReplayMemory {
    /// Claims a nonce that expires at a time. Times are Unix seconds.
    ///
    /// # Errors
    /// It was claimed before, or there is no room.
    pub fn claim(
        &mut self,
        validator: Address,
        nonce: &str,
        expires_at: u64,
        now: f64,
    ) -> Result<(), ReplayError> {
        self.forget(now);
        let key = (validator, nonce.to_owned());
        // Of a nonce that expired before that it is no longer known whether it was used.
        let is_unknown = (expires_at as f64) < self.forgotten_until;
        if is_unknown || self.live.contains(&key) {
            return Err(ReplayError::Used);
        }
        let own = self.per_validator.get(&validator).copied().unwrap_or(0);
        if own >= MAX_PER_VALIDATOR || self.live.len() >= MAX_NONCES {
            return Err(ReplayError::Full);
        }
        self.per_validator.insert(validator, own + 1);
        self.by_expiry
            .push(Reverse((expires_at, validator, key.1.clone())));
        self.live.insert(key);
        Ok(())
    }

    /// The nonces that are remembered, each with its validator and its expiry in Unix seconds.
    pub fn live(&self) -> impl Iterator<Item = (&Address, &str, u64)> {
        let all = self.by_expiry.iter();
        all.map(|Reverse((expiry, validator, nonce))| (validator, nonce.as_str(), *expiry))
    }

    fn forget(&mut self, now: f64) {
        self.forgotten_until = self.forgotten_until.max(now);
        while let Some(Reverse((expiry, _, _))) = self.by_expiry.peek()
            && (*expiry as f64) < now
        {
            let Some(Reverse((_, validator, nonce))) = self.by_expiry.pop() else {
                break;
            };
            self.live.remove(&(validator, nonce));
            if let Some(count) = self.per_validator.get_mut(&validator) {
                *count -= 1;
                if *count == 0 {
                    self.per_validator.remove(&validator);
                }
            }
        }
    }
}
