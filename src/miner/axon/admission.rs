//! Which callers are admitted: first whether their signature holds, then whether they hold a permit.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::headers::{AxonHeaders, MAX_TIMEOUT};
use super::memory::{NonceError, NonceMemory};
use super::refusal::AxonRefusal;
use crate::address::Address;
use crate::miner::permits::PermitView;
use crate::subnet::Alpha;
use crate::wallet::{Signature, verify};

/// Nanoseconds in a second.
const NANOS: f64 = 1e9;
/// Seconds by which a nonce may be older than the caller's timeout. As in the network's own server.
const MAX_DELAY: f64 = 4.0;
/// Seconds by which a caller's clock may be ahead of ours. Our choice; the network's own server has no bound.
const MAX_AHEAD: f64 = 5.0;
/// SHA3-256 of nothing: no class of this network names fields that are hashed.
const NO_FIELDS: &str = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";
/// Timeout in seconds of a caller that names none. As in the network's own client.
const DEFAULT_TIMEOUT: f64 = 12.0;

/// A caller that was admitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    pub hotkey: Address,
    pub stake: Alpha,
    /// When it stops waiting for the response.
    pub deadline: Instant,
}

/// The miner's own conditions of admission.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdmissionRules<'a> {
    /// That a caller must hold.
    pub least_stake: Alpha,
    /// Admitted without a permit.
    pub owner: Option<&'a Address>,
}

/// Decides which callers are admitted.
#[derive(Debug)]
pub struct Admission {
    axon: Address,
    /// Locked for a claim alone: anybody can have signatures verified, and must not hold up others by it.
    memory: Mutex<NonceMemory>,
}

impl Admission {
    /// Admission to an axon, with the nonces that it remembers.
    #[must_use]
    pub const fn new(axon: Address, memory: NonceMemory) -> Self {
        Self {
            axon,
            memory: Mutex::new(memory),
        }
    }

    /// Admits a caller or refuses it. `now` is in nanoseconds since 1970. The signature is verified before anything
    /// is looked up, and only nonces of callers with a permit are remembered: anybody can make hotkeys.
    ///
    /// # Errors
    /// 401 if the signature does not hold, 403 without a permit, 503 if the permits are not known.
    pub fn admit(
        &self,
        headers: &AxonHeaders,
        view: Option<&PermitView>,
        rules: AdmissionRules<'_>,
        now: u64,
    ) -> Result<Caller, AxonRefusal> {
        let (hotkey, nonce) = self.verify(headers, now)?;
        let seconds = now as f64 / NANOS;
        let Some(view) = view.filter(|view| view.is_usable(seconds)) else {
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
        let timeout = headers.timeout.unwrap_or(DEFAULT_TIMEOUT);
        // The caller counts its timeout from its nonce on.
        let spent = (seconds - headers.nonce.unwrap_or(now) as f64 / NANOS).max(0.0);
        let left = (timeout - spent).clamp(0.0, MAX_TIMEOUT);
        Ok(Caller {
            hotkey,
            stake,
            deadline: Instant::now() + Duration::from_secs_f64(left),
        })
    }

    /// The last nonce of every client. No caller is admitted while the guard is held; callers that are refused
    /// for their headers or signature do not need it.
    pub fn memory(&self) -> MutexGuard<'_, NonceMemory> {
        // A claim that panicked has at most forgotten to remember itself.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hotkey and the nonce of a caller whose signature holds.
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
        // Browser wallets sign the wrapped form.
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
        // Required whatever version the caller claims, since that is not signed.
        let oldest = MAX_DELAY + headers.timeout.unwrap_or(0.0);
        if age >= oldest {
            return Err(AxonRefusal::unverified(&format!(
                "Nonce is too old: acceptable delta is {oldest:.2} seconds but request was {age:.2} seconds old"
            )));
        }
        if age < -MAX_AHEAD {
            return Err(AxonRefusal::unverified(&format!(
                "Nonce is {:.2} seconds ahead of this miner's clock",
                -age
            )));
        }
        Ok((hotkey, nonce))
    }
}
