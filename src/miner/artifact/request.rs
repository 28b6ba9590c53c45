//! What the headers of a request claim, and the bytes of it that are signed.

use sha2::{Digest as _, Sha256};

use super::canonical::CanonicalObject;
use super::metadata::TaskMetadata;
use super::protocol::VERSION;
use crate::address::Address;

/// Prefix of the signed bytes, so that a signature of a request cannot be used for anything else.
const DOMAIN: &[u8] = b"vidaio:miner-artifact:request:v2\0";

/// A request, as its headers describe it.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactRequest {
    /// The signer.
    pub validator: Address,
    /// The miner that it is meant for.
    pub miner: Address,
    /// Unix seconds.
    pub timestamp: u64,
    /// 32 lower-case hexadecimal digits, never used twice.
    pub nonce: String,
    /// Bytes.
    pub input_size: u64,
    pub metadata: TaskMetadata,
}

impl ArtifactRequest {
    /// The bytes that are signed: a prefix, and canonical JSON of every field.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let task = &self.metadata;
        let mut json = CanonicalObject::new();
        json.raw("commitment_anchor", &task.commitment_anchor);
        json.raw("deadline_seconds", &task.canonical_deadline());
        json.text("input_digest", &task.input_digest);
        json.raw("input_size", &self.input_size.to_string());
        json.text("intended_miner_hotkey", &self.miner.to_string());
        json.text("nonce", &self.nonce);
        json.raw("params", &task.canonical_params());
        json.text("signer_hotkey", &self.validator.to_string());
        json.text("task_id", &task.task_id);
        json.raw("timestamp", &self.timestamp.to_string());
        json.text("track", &task.track);
        json.text("version", VERSION);
        json.after(DOMAIN)
    }

    /// SHA-256 of the signed bytes in hexadecimal, which the response is bound to.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.signed_bytes()))
    }
}
