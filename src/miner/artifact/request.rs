//! A request's claims, and what of them is signed.

use sha2::{Digest as _, Sha256};

use super::VERSION;
use super::canonical::write_text;
use super::metadata::TaskMetadata;
use crate::address::Address;

/// What keeps a signature of a request from meaning anything else.
const DOMAIN: &[u8] = b"vidaio:miner-artifact:request:v2\0";

/// A request whose headers were read.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Who signed it.
    pub validator: Address,
    /// Whom it is meant for.
    pub miner: Address,
    /// Unix seconds.
    pub timestamp: u64,
    /// 32 lower-case hexadecimal digits, never used twice.
    pub nonce: String,
    /// Bytes of the input.
    pub input_size: u64,
    /// The task.
    pub metadata: TaskMetadata,
}

impl Request {
    /// The bytes that are signed: a domain, and canonical JSON of everything.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let task = &self.metadata;
        let mut json = Fields::new();
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

    /// Digest of what is signed, which the answer is bound to.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.signed_bytes()))
    }
}

/// An object of canonical JSON; fields are added in the order of their names.
pub(super) struct Fields(String);

impl Fields {
    pub(super) fn new() -> Self {
        Self(String::from("{"))
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_text(key, &mut self.0);
        self.0.push(':');
    }

    /// A value that is canonical JSON already.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.0.push_str(value);
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        write_text(value, &mut self.0);
    }

    /// The whole, behind a domain.
    pub(super) fn after(mut self, domain: &[u8]) -> Vec<u8> {
        self.0.push('}');
        [domain, self.0.as_bytes()].concat()
    }
}
