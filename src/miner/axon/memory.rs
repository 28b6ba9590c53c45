//! The last nonce of every client, so that none is used twice.

use std::collections::HashMap;

use super::headers::LONGEST_TIMEOUT;

/// Clients that are remembered.
const MOST: usize = 10_000;
/// Of one hotkey: every client object of a validator has an identifier of its own.
const MOST_OF_ONE: usize = 256;
/// Nanoseconds of a second.
const NANOS: u64 = 1_000_000_000;
/// Nanoseconds after which a nonce is refused for its age alone, whatever the timeout.
const OLDEST: u64 = (LONGEST_TIMEOUT as u64 + 5) * NANOS;

/// Why a nonce is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceError {
    /// It, or a later one, was taken before.
    Used,
    /// There is no room.
    Full,
}

/// The last nonces.
#[derive(Debug, Default)]
pub struct NonceMemory {
    last: HashMap<String, HashMap<String, u64>>,
    clients: usize,
}

impl NonceMemory {
    /// Takes a nonce of a client of a hotkey.
    ///
    /// # Errors
    /// It is not above the last one, or there is no room for another client.
    pub fn claim(
        &mut self,
        hotkey: &str,
        uuid: &str,
        nonce: u64,
        now: u64,
    ) -> Result<(), NonceError> {
        if let Some(last) = self.last.get_mut(hotkey).and_then(|of| of.get_mut(uuid)) {
            if nonce <= *last {
                return Err(NonceError::Used);
            }
            *last = nonce;
            return Ok(());
        }
        let own = self.last.get(hotkey).map_or(0, HashMap::len);
        if self.clients >= MOST || own >= MOST_OF_ONE {
            self.forget(now);
        }
        let own = self.last.get(hotkey).map_or(0, HashMap::len);
        if self.clients >= MOST || own >= MOST_OF_ONE {
            return Err(NonceError::Full);
        }
        self.put(hotkey, uuid, nonce);
        Ok(())
    }

    /// Puts back what was remembered before a restart.
    pub fn put(&mut self, hotkey: &str, uuid: &str, nonce: u64) {
        let of = self.last.entry(hotkey.to_owned()).or_default();
        match of.get_mut(uuid) {
            Some(last) => *last = nonce.max(*last),
            None => {
                of.insert(uuid.to_owned(), nonce);
                self.clients += 1;
            }
        }
    }

    /// Clients that are remembered.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.clients
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.clients == 0
    }

    /// Forgets what could not be used again.
    fn forget(&mut self, now: u64) {
        let oldest = now.saturating_sub(OLDEST);
        for of in self.last.values_mut() {
            of.retain(|_, last| *last > oldest);
        }
        self.last.retain(|_, of| !of.is_empty());
        self.clients = self.last.values().map(HashMap::len).sum();
    }
}
