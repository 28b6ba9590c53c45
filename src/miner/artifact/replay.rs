//! What was asked before. A nonce that could still be used again is never forgotten to make room.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::address::Address;

/// Nonces that are remembered at a time.
const MOST: usize = 10_000;
/// Of one validator, so that none takes the room of all.
const MOST_OF_ONE: usize = 256;

/// Why a nonce is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayError {
    /// It was taken before.
    Used,
    /// There is no room.
    Full,
}

/// The nonces of requests that are young enough to be accepted again.
#[derive(Debug, Default)]
pub struct ReplayMemory {
    live: HashSet<(Address, String)>,
    of_one: HashMap<Address, usize>,
    ends: BinaryHeap<Reverse<(u64, Address, String)>>,
    /// The latest time at which nonces were forgotten. Requests are verified side by side, so a claim may come
    /// after one that began later.
    forgotten_until: f64,
}

impl ReplayMemory {
    /// Takes a nonce that can be used until a time, in Unix seconds.
    ///
    /// # Errors
    /// It was taken before, or there is no room.
    pub fn claim(
        &mut self,
        validator: Address,
        nonce: &str,
        expires_at: u64,
        now: f64,
    ) -> Result<(), ReplayError> {
        self.forget(now);
        let key = (validator, nonce.to_owned());
        // Of a nonce that had already expired it is no longer known whether it was used.
        let unknown = (expires_at as f64) < self.forgotten_until;
        if unknown || self.live.contains(&key) {
            return Err(ReplayError::Used);
        }
        let own = self.of_one.get(&validator).copied().unwrap_or(0);
        if own >= MOST_OF_ONE || self.live.len() >= MOST {
            return Err(ReplayError::Full);
        }
        self.of_one.insert(validator, own + 1);
        self.ends
            .push(Reverse((expires_at, validator, key.1.clone())));
        self.live.insert(key);
        Ok(())
    }

    /// Nonces that are remembered, with the time until which each can be used.
    pub fn live(&self) -> impl Iterator<Item = (&Address, &str, u64)> {
        let all = self.ends.iter();
        all.map(|Reverse((end, validator, nonce))| (validator, nonce.as_str(), *end))
    }

    fn forget(&mut self, now: f64) {
        self.forgotten_until = self.forgotten_until.max(now);
        while let Some(Reverse((end, _, _))) = self.ends.peek()
            && (*end as f64) < now
        {
            let Some(Reverse((_, validator, nonce))) = self.ends.pop() else {
                break;
            };
            self.live.remove(&(validator, nonce));
            if let Some(count) = self.of_one.get_mut(&validator) {
                *count -= 1;
                if *count == 0 {
                    self.of_one.remove(&validator);
                }
            }
        }
    }
}
