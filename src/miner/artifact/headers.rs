//! Headers of a request, each at most once.

use axum::http::HeaderMap;

/// Names of the headers, in lower case.
pub mod names {
    /// Version of the exchange.
    pub const VERSION: &str = "x-vidaio-artifact-version";
    /// The task, as base64url of JSON.
    pub const METADATA: &str = "x-vidaio-task-metadata";
    /// Hotkey of the signer.
    pub const VALIDATOR: &str = "x-vidaio-validator-hotkey";
    /// Hotkey of the miner.
    pub const MINER: &str = "x-vidaio-miner-hotkey";
    /// Unix seconds of the request.
    pub const TIMESTAMP: &str = "x-vidaio-request-timestamp";
    /// What is never used twice.
    pub const NONCE: &str = "x-vidaio-request-nonce";
    /// Bytes of the input.
    pub const INPUT_SIZE: &str = "x-vidaio-input-size";
    /// Signature of the request.
    pub const SIGNATURE: &str = "x-vidaio-request-signature";
    /// Bytes of the body.
    pub const CONTENT_LENGTH: &str = "content-length";
    /// Type of the body.
    pub const CONTENT_TYPE: &str = "content-type";
    /// The task's name, in an answer.
    pub const TASK_ID: &str = "x-vidaio-task-id";
    /// Digest of the output.
    pub const OUTPUT_DIGEST: &str = "x-vidaio-output-sha256";
    /// Bytes of the output.
    pub const OUTPUT_SIZE: &str = "x-vidaio-output-size";
    /// Seconds that the work took.
    pub const PROCESSING_SECONDS: &str = "x-vidaio-processing-seconds";
    /// Signature of an answer.
    pub const RESPONSE_SIGNATURE: &str = "x-vidaio-response-signature";
}

/// The headers of one message, by name in lower case.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    all: Vec<(String, String)>,
}

impl Headers {
    /// Adds one as it came.
    pub fn push(&mut self, name: &str, value: &str) {
        self.all.push((name.to_ascii_lowercase(), value.to_owned()));
    }

    /// How often a header stands.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.all.iter().filter(|(n, _)| n == name).count()
    }

    /// The value of a header that stands exactly once.
    #[must_use]
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.all.iter().filter(|(n, _)| n == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

impl From<&HeaderMap> for Headers {
    fn from(headers: &HeaderMap) -> Self {
        let mut known = Self::default();
        for (name, value) in headers {
            // What is no text is kept as what no check accepts.
            known.push(name.as_str(), value.to_str().unwrap_or("\u{fffd}"));
        }
        known
    }
}

/// A number as it is written in exactly one way: no sign, no leading zero, no space.
pub(super) fn canonical_decimal(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// So many lower-case hexadecimal digits.
pub(super) fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
