//! The signed headers of a response.

use super::canonical::CanonicalObject;
use super::headers::names;
use super::protocol::VERSION;
use super::request::ArtifactRequest;
use crate::wallet::Hotkey;

/// Prefix of the signed bytes, so that a signature of a response cannot be used for anything else.
const DOMAIN: &[u8] = b"vidaio:miner-artifact:response:v2\0";

/// What a response says of its output.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactResponse {
    /// SHA-256 in lower-case hexadecimal.
    pub output_digest: String,
    /// Bytes.
    pub output_size: u64,
    /// Seconds that the work took with three decimals, or nothing: what the header says.
    pub processing_seconds: String,
}

impl ArtifactResponse {
    /// Describes an output.
    #[must_use]
    pub fn new(output_digest: String, output_size: u64, seconds: Option<f64>) -> Self {
        let seconds = seconds.filter(|s| s.is_finite() && *s >= 0.0);
        Self {
            output_digest,
            output_size,
            processing_seconds: seconds.map_or_else(String::new, |s| format!("{s:.3}")),
        }
    }

    /// The bytes that are signed: a prefix, and canonical JSON that names the request by its digest.
    #[must_use]
    pub fn signed_bytes(&self, request: &ArtifactRequest) -> Vec<u8> {
        let task = &request.metadata;
        let mut json = CanonicalObject::new();
        json.text("input_digest", &task.input_digest);
        json.raw("input_size", &request.input_size.to_string());
        json.text("miner_hotkey", &request.miner.to_string());
        json.text("nonce", &request.nonce);
        json.text("output_digest", &self.output_digest);
        json.raw("output_size", &self.output_size.to_string());
        json.text("processing_seconds", &self.processing_seconds);
        json.text("request_digest", &request.digest());
        json.text("signer_hotkey", &request.validator.to_string());
        json.text("task_id", &task.task_id);
        json.text("track", &task.track);
        json.text("version", VERSION);
        json.after(DOMAIN)
    }

    /// The headers of the response, with their signature.
    #[must_use]
    pub fn headers(
        &self,
        request: &ArtifactRequest,
        hotkey: &Hotkey,
    ) -> Vec<(&'static str, String)> {
        let signature = hotkey.sign(&self.signed_bytes(request)).to_string();
        let mut headers = vec![
            (names::VERSION, VERSION.to_owned()),
            (names::TASK_ID, request.metadata.task_id.clone()),
            (names::OUTPUT_DIGEST, self.output_digest.clone()),
            (names::OUTPUT_SIZE, self.output_size.to_string()),
            (names::MINER, hotkey.address().to_string()),
            // Without the 0x that wallets write.
            (
                names::RESPONSE_SIGNATURE,
                signature.trim_start_matches("0x").to_owned(),
            ),
        ];
        if !self.processing_seconds.is_empty() {
            headers.push((names::PROCESSING_SECONDS, self.processing_seconds.clone()));
        }
        headers
    }
}
