//! Every check of a request before a byte of its body is read, in the order of the reference miner: what
//! costs nothing first, the chain only for signatures that hold, the memory last.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::VERSION;
use super::headers::{Headers, canonical_decimal, is_lower_hex, names};
use super::metadata::{TaskMetadata, Track};
use super::refusal::{Code, Refusal};
use super::replay::{ReplayError, ReplayMemory};
use super::request::Request;
use crate::address::Address;
use crate::wallet::{Signature, verify};

/// Seconds for which a signed request is accepted.
const LONGEST_AGE: f64 = 120.0;
/// Seconds by which a validator's clock may be ahead.
const AHEAD: f64 = 5.0;
/// Characters of a hotkey in a header, of which an address has 48.
const LONGEST_HOTKEY: usize = 128;

/// Whether a hotkey validates now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It is registered once and holds a permit.
    Holds,
    /// It does not.
    Lacks,
    /// No view of the chain is young enough to tell.
    Unknown,
}

/// Who lets requests in.
#[derive(Debug)]
pub struct Gatekeeper {
    miner: Address,
    track: Track,
    /// A request must be younger than this, or it could have been used before this process began.
    fence: u64,
    /// Locked for a claim alone: anybody can have signatures verified, and must not hold up others by it.
    memory: Mutex<ReplayMemory>,
}

impl Gatekeeper {
    /// Of a miner that begins now, in Unix seconds.
    #[must_use]
    pub fn new(miner: Address, track: Track, now: f64) -> Self {
        Self {
            miner,
            track,
            fence: (now + AHEAD) as u64,
            memory: Mutex::default(),
        }
    }

    /// Checks a request. `permit` is asked only about signers whose signature holds.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn admit(
        &self,
        headers: &Headers,
        now: f64,
        permit: impl FnOnce(&Address) -> Permit,
    ) -> Result<Request, Refusal> {
        let request = self.read(headers)?;
        self.verify(headers, &request)?;
        let timestamp = request.timestamp as f64;
        if timestamp < now - LONGEST_AGE {
            return Err(Refusal::new(
                Code::ExpiredSignature,
                "the signed request has expired",
            ));
        }
        if timestamp > now + AHEAD {
            return Err(Refusal::new(
                Code::ExpiredSignature,
                "the signed request is from the future",
            ));
        }
        if request.timestamp <= self.fence {
            return Err(Refusal::new(
                Code::Starting,
                "the request is not newer than this miner's start; ask again with a new nonce",
            ));
        }
        match permit(&request.validator) {
            Permit::Holds => {}
            Permit::Lacks => {
                return Err(Refusal::new(
                    Code::UnregisteredValidator,
                    "the signer is no validator of the subnet now",
                ));
            }
            Permit::Unknown => {
                return Err(Refusal::new(
                    Code::UnregisteredValidator,
                    "this miner has no view of the subnet that is young enough",
                ));
            }
        }
        let expires_at = request.timestamp + LONGEST_AGE as u64;
        let claimed = self
            .memory()
            .claim(request.validator, &request.nonce, expires_at, now);
        claimed.map_err(|e| match e {
            ReplayError::Used => Refusal::new(Code::Replay, "the nonce was used before"),
            ReplayError::Full => {
                Refusal::new(Code::Capacity, "there is no room to remember the nonce")
            }
        })?;
        self.accept(&request)?;
        Ok(request)
    }

    /// The nonces that were used before. No request is admitted while the guard is held; requests that are
    /// refused for their headers or signature do not need it.
    pub fn memory(&self) -> MutexGuard<'_, ReplayMemory> {
        // A claim that panicked has at most forgotten to remember itself.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, headers: &Headers) -> Result<Request, Refusal> {
        match headers.only(names::VERSION) {
            Some(VERSION) => {}
            Some("1") => {
                return Err(Refusal::new(
                    Code::ArtifactV2Required,
                    "the unsigned exchange is not served",
                ));
            }
            _ => {
                return Err(Refusal::new(
                    Code::InvalidMetadata,
                    format!("{} must be {VERSION}", names::VERSION),
                ));
            }
        }
        let kind = headers.only(names::CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/octet-stream") {
            return Err(Refusal::new(
                Code::UnsupportedMediaType,
                "the body must be application/octet-stream",
            ));
        }
        let metadata = headers.only(names::METADATA).ok_or_else(|| {
            Refusal::new(
                Code::InvalidMetadata,
                format!("one {} is needed", names::METADATA),
            )
        })?;
        let metadata = TaskMetadata::from_header(metadata)
            .map_err(|e| Refusal::new(Code::InvalidMetadata, e.to_string()))?;
        let length = headers
            .only(names::CONTENT_LENGTH)
            .and_then(canonical_decimal);
        let length = length.ok_or_else(|| {
            Refusal::new(
                Code::InvalidContentLength,
                "a whole Content-Length is needed",
            )
        })?;
        let validator = signer(headers, names::VALIDATOR)?;
        let miner = signer(headers, names::MINER)?;
        if miner != self.miner.to_string() {
            return Err(Refusal::new(
                Code::WrongMiner,
                format!("the request is meant for {miner}"),
            ));
        }
        let decimal = |name: &str| -> Result<u64, Refusal> {
            canonical_decimal(required(headers, name)?)
                .ok_or_else(|| invalid(format!("{name} is no canonical number")))
        };
        let (timestamp, input_size) = (decimal(names::TIMESTAMP)?, decimal(names::INPUT_SIZE)?);
        if input_size != length {
            return Err(invalid(format!(
                "the signed size {input_size} is not the Content-Length {length}"
            )));
        }
        let nonce = required(headers, names::NONCE)?;
        if !is_lower_hex(nonce, 32) {
            return Err(invalid(format!(
                "{} is not 32 lower-case digits",
                names::NONCE
            )));
        }
        if input_size == 0 {
            return Err(invalid("the signed size is 0".into()));
        }
        Ok(Request {
            validator: validator
                .parse()
                .map_err(|e| invalid(format!("{}: {e}", names::VALIDATOR)))?,
            miner: self.miner,
            timestamp,
            nonce: nonce.to_owned(),
            input_size,
            metadata,
        })
    }

    fn verify(&self, headers: &Headers, request: &Request) -> Result<(), Refusal> {
        let signature = required(headers, names::SIGNATURE)?;
        if !is_lower_hex(signature, 128) {
            return Err(invalid(format!(
                "{} is not 128 lower-case digits",
                names::SIGNATURE
            )));
        }
        let signature: Signature = signature.parse().map_err(|e| invalid(format!("{e}")))?;
        if verify(&request.validator, &request.signed_bytes(), &signature) {
            Ok(())
        } else {
            Err(invalid("the signature is not the validator's".into()))
        }
    }

    /// What is served at all, after everything about who asks.
    fn accept(&self, request: &Request) -> Result<(), Refusal> {
        let task = &request.metadata;
        if task.track != self.track.name() {
            return Err(Refusal::new(
                Code::WarrantTrackMismatch,
                format!(
                    "this miner serves {}, not {}",
                    self.track.name(),
                    task.track
                ),
            ));
        }
        let fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'-');
        if task.task_id.is_empty() || task.task_id.len() > 128 || !task.task_id.bytes().all(fit) {
            return Err(Refusal::new(
                Code::InvalidTaskId,
                "a task's name has 1 to 128 letters, digits, _, : and -",
            ));
        }
        Ok(())
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::new(Code::InvalidSignature, message)
}

fn required<'h>(headers: &'h Headers, name: &str) -> Result<&'h str, Refusal> {
    let value = headers.only(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid(format!("one {name} is needed")))
}

/// A hotkey as it stands in a header.
fn signer<'h>(headers: &'h Headers, name: &str) -> Result<&'h str, Refusal> {
    let value = required(headers, name)?;
    if value.len() > LONGEST_HOTKEY || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(invalid(format!("{name} is no hotkey")));
    }
    Ok(value)
}
