//! Every check of a request before a byte of its body is read, in the order of the reference miner: the cheap ones
//! first, the permit only of signers whose signature holds, the nonce last.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::headers::{canonical_decimal, is_lower_hex, names};
use super::metadata::{TaskMetadata, Track};
use super::protocol::VERSION;
use super::refusal::{Refusal, RefusalCode};
use super::replay::{ReplayError, ReplayMemory};
use super::request::ArtifactRequest;
use crate::address::Address;
use crate::miner::headers::Headers;
use crate::miner::permits::Permit;
use crate::wallet::{Signature, verify};

/// Age in seconds up to which a signed request is accepted. As in the reference miner.
const MAX_AGE: f64 = 120.0;
/// Seconds by which a validator's clock may be ahead of ours. As in the reference miner.
const MAX_AHEAD: f64 = 5.0;
/// Characters of a hotkey in a header. An SS58 address has 48; longer ones are refused without being read.
const MAX_HOTKEY_CHARS: usize = 128;

/// Decides which requests are admitted.
#[derive(Debug)]
pub struct Gatekeeper {
    miner: Address,
    track: Track,
    /// Unix seconds that a request must be later than: an older one may have been used before this process started
    /// and forgotten what it had seen.
    fence: u64,
    /// Locked for a claim alone: anybody can have signatures verified, and must not hold up others by it.
    memory: Mutex<ReplayMemory>,
}

impl Gatekeeper {
    /// Checks requests to a miner that starts at a time in Unix seconds.
    #[must_use]
    pub fn new(miner: Address, track: Track, now: f64) -> Self {
        Self {
            miner,
            track,
            fence: (now + MAX_AHEAD) as u64,
            memory: Mutex::default(),
        }
    }

    /// Checks a request at a time in Unix seconds. `permit` is called only for a signer whose signature holds.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn admit(
        &self,
        headers: &Headers,
        now: f64,
        permit: impl FnOnce(&Address) -> Permit,
    ) -> Result<ArtifactRequest, Refusal> {
        let request = self.read(headers)?;
        self.verify(headers, &request)?;
        let timestamp = request.timestamp as f64;
        if timestamp < now - MAX_AGE {
            return Err(Refusal::new(
                RefusalCode::ExpiredSignature,
                "the signed request has expired",
            ));
        }
        if timestamp > now + MAX_AHEAD {
            return Err(Refusal::new(
                RefusalCode::ExpiredSignature,
                "the signed request is from the future",
            ));
        }
        if request.timestamp <= self.fence {
            return Err(Refusal::new(
                RefusalCode::Starting,
                "the request is not newer than this miner's start; ask again with a new nonce",
            ));
        }
        match permit(&request.validator) {
            Permit::Holds => {}
            Permit::Lacks => {
                return Err(Refusal::new(
                    RefusalCode::UnregisteredValidator,
                    "the signer is no validator of the subnet now",
                ));
            }
            Permit::Unknown => {
                return Err(Refusal::new(
                    RefusalCode::UnregisteredValidator,
                    "this miner has no view of the subnet that is young enough",
                ));
            }
        }
        let expires_at = request.timestamp + MAX_AGE as u64;
        let claimed = self
            .memory()
            .claim(request.validator, &request.nonce, expires_at, now);
        claimed.map_err(|e| match e {
            ReplayError::Used => Refusal::new(RefusalCode::Replay, "the nonce was used before"),
            ReplayError::Full => Refusal::new(
                RefusalCode::Capacity,
                "there is no room to remember the nonce",
            ),
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

    fn read(&self, headers: &Headers) -> Result<ArtifactRequest, Refusal> {
        match headers.only(names::VERSION) {
            Some(VERSION) => {}
            Some("1") => {
                return Err(Refusal::new(
                    RefusalCode::ArtifactV2Required,
                    "the unsigned exchange is not served",
                ));
            }
            _ => {
                return Err(Refusal::new(
                    RefusalCode::InvalidMetadata,
                    format!("{} must be {VERSION}", names::VERSION),
                ));
            }
        }
        let kind = headers.only(names::CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/octet-stream") {
            return Err(Refusal::new(
                RefusalCode::UnsupportedMediaType,
                "the body must be application/octet-stream",
            ));
        }
        let metadata = headers.only(names::METADATA).ok_or_else(|| {
            Refusal::new(
                RefusalCode::InvalidMetadata,
                format!("one {} is needed", names::METADATA),
            )
        })?;
        let metadata = TaskMetadata::from_header(metadata)
            .map_err(|e| Refusal::new(RefusalCode::InvalidMetadata, e.to_string()))?;
        let length = headers
            .only(names::CONTENT_LENGTH)
            .and_then(canonical_decimal);
        let length = length.ok_or_else(|| {
            Refusal::new(
                RefusalCode::InvalidContentLength,
                "a whole Content-Length is needed",
            )
        })?;
        let validator = signer(headers, names::VALIDATOR)?;
        let miner = signer(headers, names::MINER)?;
        if miner != self.miner.to_string() {
            return Err(Refusal::new(
                RefusalCode::WrongMiner,
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
        Ok(ArtifactRequest {
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

    fn verify(&self, headers: &Headers, request: &ArtifactRequest) -> Result<(), Refusal> {
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

    /// Whether the task is one that this miner serves. Checked last, so that strangers learn nothing of it.
    fn accept(&self, request: &ArtifactRequest) -> Result<(), Refusal> {
        let task = &request.metadata;
        if task.track != self.track.name() {
            return Err(Refusal::new(
                RefusalCode::WarrantTrackMismatch,
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
                RefusalCode::InvalidTaskId,
                "a task's name has 1 to 128 letters, digits, _, : and -",
            ));
        }
        Ok(())
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::new(RefusalCode::InvalidSignature, message)
}

fn required<'h>(headers: &'h Headers, name: &str) -> Result<&'h str, Refusal> {
    let value = headers.only(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid(format!("one {name} is needed")))
}

/// A hotkey as a header spells it.
fn signer<'h>(headers: &'h Headers, name: &str) -> Result<&'h str, Refusal> {
    let value = required(headers, name)?;
    if value.len() > MAX_HOTKEY_CHARS || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(invalid(format!("{name} is no hotkey")));
    }
    Ok(value)
}
