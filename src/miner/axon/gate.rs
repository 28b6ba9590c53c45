//! Who is heard: first whether it is who it says, then whether it may ask.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::headers::{AxonHeaders, LONGEST_TIMEOUT};
use super::memory::{NonceError, NonceMemory};
use super::refusal::AxonRefusal;
use crate::address::Address;
use crate::miner::permits::PermitView;
use crate::subnet::Alpha;
use crate::wallet::{Signature, verify};

/// Nanoseconds of a second.
const NANOS: f64 = 1e9;
/// Seconds beyond the timeout for which a nonce is fresh.
const SLACK: f64 = 4.0;
/// Seconds by which a caller's clock may be ahead.
const AHEAD: f64 = 5.0;
/// Hash of no fields at all: no class of this network names any.
const NO_FIELDS: &str = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";
/// Seconds of a caller that names none.
const USUAL_TIMEOUT: f64 = 12.0;

/// A caller that is who it says it is, and may ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// Its hotkey.
    pub hotkey: Address,
    /// What it holds.
    pub stake: Alpha,
    /// When it stops listening.
    pub until: Instant,
}

/// Who may ask, beyond what the network says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules<'a> {
    /// What it must hold.
    pub least_stake: Alpha,
    /// Who may ask without a permit.
    pub owner: Option<&'a Address>,
}

/// Who lets callers in.
#[derive(Debug)]
pub struct Gate {
    axon: Address,
    /// Locked for a claim alone: anybody can have signatures verified, and must not hold up others by it.
    memory: Mutex<NonceMemory>,
}

impl Gate {
    /// Of an axon, with what it remembers.
    #[must_use]
    pub const fn new(axon: Address, memory: NonceMemory) -> Self {
        Self {
            axon,
            memory: Mutex::new(memory),
        }
    }

    /// Lets a caller in, or says why not. `now` is in nanoseconds since 1970. Identity is proven before
    /// anything is looked up by it, and nonces are remembered of those alone who may ask: keys cost nothing.
    ///
    /// # Errors
    /// 401 where it is not proven, 403 where it may not ask, 503 where that cannot be told.
    pub fn admit(
        &self,
        headers: &AxonHeaders,
        view: Option<&PermitView>,
        rules: Rules<'_>,
        now: u64,
    ) -> Result<Caller, AxonRefusal> {
        let (hotkey, nonce) = self.verify(headers, now)?;
        let seconds = now as f64 / NANOS;
        let Some(view) = view.filter(|view| view.is_served(seconds)) else {
            return Err(AxonRefusal::new(
                503,
                "This miner has no view of the subnet that is young enough",
            ));
        };
        let owner = rules.owner == Some(&hotkey);
        let member = view.member(&hotkey);
        let stake = member.map_or(Alpha::from_rao(0), |m| m.stake);
        match member {
            _ if owner => {}
            None => return Err(AxonRefusal::forbidden("Unrecognized hotkey")),
            Some(member) if !member.permit => {
                return Err(AxonRefusal::forbidden("Non-validator hotkey"));
            }
            Some(_) if stake < rules.least_stake => {
                return Err(AxonRefusal::forbidden("Stake below this miner's minimum"));
            }
            Some(_) => {}
        }
        let name = headers.hotkey.as_deref().unwrap_or_default();
        let uuid = headers.uuid.as_deref().unwrap_or_default();
        let claimed = self.memory().claim(name, uuid, nonce, now);
        claimed.map_err(|e| match e {
            NonceError::Used => {
                AxonRefusal::unverified("Nonce is too old, a newer one was last processed")
            }
            NonceError::Full => AxonRefusal::new(503, "There is no room to remember the nonce"),
        })?;
        let timeout = headers.timeout.unwrap_or(USUAL_TIMEOUT);
        // The caller counts from its nonce on.
        let spent = (seconds - headers.nonce.unwrap_or(now) as f64 / NANOS).max(0.0);
        let left = (timeout - spent).clamp(0.0, LONGEST_TIMEOUT);
        Ok(Caller {
            hotkey,
            stake,
            until: Instant::now() + Duration::from_secs_f64(left),
        })
    }

    /// The last nonce of every client. No caller is admitted while the guard is held; callers that are refused
    /// for their headers or signature do not need it.
    pub fn memory(&self) -> MutexGuard<'_, NonceMemory> {
        // A claim that panicked has at most forgotten to remember itself.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who calls, and with which nonce.
    fn verify(&self, headers: &AxonHeaders, now: u64) -> Result<(Address, u64), AxonRefusal> {
        let Some(nonce) = headers.nonce else {
            return Err(AxonRefusal::unverified("Missing Nonce"));
        };
        let text = headers.signature.as_deref().unwrap_or_default();
        if text.is_empty() {
            return Err(AxonRefusal::unverified("Missing Signature"));
        }
        if !text.starts_with("0x") {
            return Err(AxonRefusal::unverified(
                "Invalid signature format. Expected hex string.",
            ));
        }
        let signature: Signature = text
            .parse()
            .map_err(|_| AxonRefusal::unverified("Invalid SR25519 signature."))?;
        let name = headers.hotkey.as_deref().unwrap_or_default();
        let hotkey: Address = name
            .parse()
            .map_err(|_| AxonRefusal::unverified("The hotkey is no address"))?;
        let message = headers.message(&self.axon.to_string());
        let wrapped = || format!("<Bytes>{message}</Bytes>");
        // Wallets of browsers sign the wrapped form.
        if !verify(&hotkey, message.as_bytes(), &signature)
            && !verify(&hotkey, wrapped().as_bytes(), &signature)
        {
            return Err(AxonRefusal::unverified(&format!(
                "Signature mismatch with {message}"
            )));
        }
        if headers.body_hash.as_deref() != Some(NO_FIELDS) {
            return Err(AxonRefusal::unverified(
                "The hash of the signed fields is not that of this class",
            ));
        }
        let age = (now as f64 - nonce as f64) / NANOS;
        // Freshness is asked for whatever version the caller says it has: that is not signed.
        let oldest = SLACK + headers.timeout.unwrap_or(0.0);
        if age >= oldest {
            return Err(AxonRefusal::unverified(&format!(
                "Nonce is too old: acceptable delta is {oldest:.2} seconds but request was {age:.2} seconds old"
            )));
        }
        if age < -AHEAD {
            return Err(AxonRefusal::unverified(&format!(
                "Nonce is {:.2} seconds ahead of this miner's clock",
                -age
            )));
        }
        Ok((hotkey, nonce))
    }
}
