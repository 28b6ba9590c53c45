//! The headers of the exchange, and the only spelling of their values that is accepted.

/// Names of the headers, in lower case.
pub mod names {
    /// Version of the exchange.
    pub const VERSION: &str = "x-vidaio-artifact-version";
    /// The task, as base64url of JSON without padding.
    pub const METADATA: &str = "x-vidaio-task-metadata";
    /// Hotkey of the validator, which signs the request.
    pub const VALIDATOR: &str = "x-vidaio-validator-hotkey";
    /// Hotkey of the miner that the request is meant for, or that signs the response.
    pub const MINER: &str = "x-vidaio-miner-hotkey";
    /// Unix seconds of the request.
    pub const TIMESTAMP: &str = "x-vidaio-request-timestamp";
    /// 32 lower-case hexadecimal digits, never used twice.
    pub const NONCE: &str = "x-vidaio-request-nonce";
    /// Bytes of the input, signed; equal to the Content-Length.
    pub const INPUT_SIZE: &str = "x-vidaio-input-size";
    /// sr25519 signature of the request: 128 lower-case hexadecimal digits.
    pub const SIGNATURE: &str = "x-vidaio-request-signature";
    /// Bytes of the body.
    pub const CONTENT_LENGTH: &str = "content-length";
    /// Media type of the body: `video/mp4`.
    pub const CONTENT_TYPE: &str = "content-type";
    /// ID of the task, in a response.
    pub const TASK_ID: &str = "x-vidaio-task-id";
    /// SHA-256 of the output in lower-case hexadecimal.
    pub const OUTPUT_DIGEST: &str = "x-vidaio-output-sha256";
    /// Bytes of the output, signed.
    pub const OUTPUT_SIZE: &str = "x-vidaio-output-size";
    /// Seconds that the work took, with three decimals.
    pub const PROCESSING_SECONDS: &str = "x-vidaio-processing-seconds";
    /// sr25519 signature of the response: 128 lower-case hexadecimal digits.
    pub const RESPONSE_SIGNATURE: &str = "x-vidaio-response-signature";
}

/// A number in its canonical spelling: no sign, no leading zero, no space.
pub(super) fn canonical_decimal(text: &str) -> Option<u64> {
    let value: u64 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// Whether a text is exactly that many lower-case hexadecimal digits.
pub(super) fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
