//! The newest nonce of every client object, so that none is used twice.

use std::collections::HashMap;

use super::headers::MAX_TIMEOUT;

/// Client objects remembered. Our choice.
const MAX_CLIENTS: usize = 10_000;
/// Client objects remembered of one hotkey. Our choice.
const MAX_PER_HOTKEY: usize = 256;
/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;
/// Age in nanoseconds at which a nonce is refused whatever the timeout, with a second to spare.
const OLDEST: u64 = (MAX_TIMEOUT as u64 + 5) * NANOS;

/// Why a nonce cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceError {
    /// It, or a later one, was claimed before.
    Used,
    /// There is no room for another client object.
    Full,
}

/// The newest nonces, by hotkey and UUID.
#[derive(Debug, Default)]
pub struct NonceMemory {
    last: HashMap<String, HashMap<String, u64>>,
    clients: usize,
    /// Nonces up to this one were forgotten at some time. Requests are verified in parallel, so a claim may follow
    /// one that carries a later time.
    forgotten_until: u64,
}

impl NonceMemory {
    /// Claims a nonce of a client object. Nonce and time are nanoseconds since 1970.
    ///
    /// # Errors
    /// It is not above the last one, or there is no room for another client object.
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
        // Of so old a nonce it is no longer known whether it was used.
        if nonce <= self.forgotten_until {
            return Err(NonceError::Used);
        }
        let own = self.last.get(hotkey).map_or(0, HashMap::len);
        if self.clients >= MAX_CLIENTS || own >= MAX_PER_HOTKEY {
            self.forget(now);
        }
        let own = self.last.get(hotkey).map_or(0, HashMap::len);
        if self.clients >= MAX_CLIENTS || own >= MAX_PER_HOTKEY {
            return Err(NonceError::Full);
        }
        self.put(hotkey, uuid, nonce);
        Ok(())
    }

    /// Remembers a nonce that was claimed before a restart.
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

    /// Number of client objects that are remembered.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.clients
    }

    /// Whether no client object is remembered.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.clients == 0
    }

    /// Forgets nonces that are too old to be used again.
    fn forget(&mut self, now: u64) {
        let oldest = now.saturating_sub(OLDEST);
        self.forgotten_until = self.forgotten_until.max(oldest);
        for of in self.last.values_mut() {
            of.retain(|_, last| *last > oldest);
        }
        self.last.retain(|_, of| !of.is_empty());
        self.clients = self.last.values().map(HashMap::len).sum();
    }
}
