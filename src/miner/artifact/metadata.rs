//! The description of a task: a header that holds base64url of JSON.
//!
//! The JSON is read as the network's own model reads it and serialised again for the signature: fields that are
//! left out get their defaults, a deadline becomes a double, unknown fields are refused.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::canonical::{canonical_json, python_repr, write_text};
use super::headers::is_lower_hex;

/// Largest metadata in bytes, before base64url. As in the network's own model.
pub const LARGEST_METADATA: usize = 4 * 1024;
/// Deadline in seconds of a task that names none. As in the network's own model.
const DEFAULT_DEADLINE: f64 = 300.0;

/// Why metadata is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    #[error("the metadata exceeds {LARGEST_METADATA} bytes")]
    TooLarge,
    #[error("the metadata is no base64url")]
    NotBase64,
    /// Not JSON, or JSON of another form.
    #[error("the metadata is not of the known form ({0})")]
    Form(String),
    /// A value that the network's model refuses.
    #[error("the metadata's `{field}` {what}")]
    Value {
        field: &'static str,
        what: &'static str,
    },
}

/// The pool that a miner is in, as the exchange spells the tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    Compression,
    Upscaling,
}

impl Track {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compression => "compression",
            Self::Upscaling => "upscaling",
        }
    }
}

/// A task, as the validator describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskMetadata {
    /// Echoed in the response.
    pub task_id: String,
    /// As it was sent: it is checked after the signature.
    pub track: String,
    /// SHA-256 of the input, in lower-case hexadecimal.
    pub input_digest: String,
    /// Each value as canonical JSON.
    pub params: BTreeMap<String, String>,
    /// A receipt of the chain as canonical JSON, or `null`.
    pub commitment_anchor: String,
    /// Seconds from the request to the response.
    pub deadline_seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form<'a> {
    task_id: String,
    track: String,
    input_digest: String,
    #[serde(borrow, default)]
    params: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    commitment_anchor: Option<&'a RawValue>,
    deadline_seconds: Option<f64>,
}

/// A receipt of the chain. Every field is in the signed bytes, absent ones as null.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Anchor {
    netuid: u64,
    dispatch_ordering_key: u64,
    commitment_hash: String,
    block: u64,
    #[serde(default)]
    block_hash: Option<String>,
    #[serde(default)]
    txid: Option<String>,
}

impl TaskMetadata {
    /// Reads the value of the header.
    ///
    /// # Errors
    /// It is too large, not of the known form, or holds a value that the network's model refuses.
    pub fn from_header(value: &str) -> Result<Self, MetadataError> {
        // Checked before anything is allocated for it.
        if value.len() > LARGEST_METADATA.div_ceil(3) * 4 {
            return Err(MetadataError::TooLarge);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(value.trim_end_matches('='))
            .map_err(|_| MetadataError::NotBase64)?;
        if bytes.len() > LARGEST_METADATA {
            return Err(MetadataError::TooLarge);
        }
        let form = |e: serde_json::Error| MetadataError::Form(e.to_string());
        let text = std::str::from_utf8(&bytes).map_err(|e| MetadataError::Form(e.to_string()))?;
        let fields: Form<'_> = serde_json::from_str(text).map_err(form)?;
        let wrong = |field, what| Err(MetadataError::Value { field, what });
        if !is_lower_hex(&fields.input_digest, 64) {
            return wrong("input_digest", "is not 64 lower-case hexadecimal digits");
        }
        let deadline_seconds = fields.deadline_seconds.unwrap_or(DEFAULT_DEADLINE);
        if !deadline_seconds.is_finite() || deadline_seconds <= 0.0 {
            return wrong("deadline_seconds", "is not a number above 0");
        }
        let mut params = BTreeMap::new();
        for (key, value) in fields.params {
            let canonical = canonical_json(value.get());
            let canonical = canonical.map_err(|e| MetadataError::Form(e.to_string()))?;
            if !matches!(
                canonical.as_bytes().first(),
                Some(b'"' | b'-' | b'0'..=b'9')
            ) {
                return wrong("params", "has a value that is neither number nor text");
            }
            params.insert(key, canonical);
        }
        let commitment_anchor = match fields.commitment_anchor.map(RawValue::get) {
            None | Some("null") => "null".to_owned(),
            Some(anchor) => {
                let anchor: Anchor = serde_json::from_str(anchor).map_err(form)?;
                let hashes = [Some(&anchor.commitment_hash), anchor.block_hash.as_ref()];
                if hashes
                    .into_iter()
                    .flatten()
                    .any(|hash| !is_lower_hex(hash, 64))
                    || anchor.dispatch_ordering_key == 0
                {
                    return wrong("commitment_anchor", "is no receipt of the chain");
                }
                anchor.canonical()
            }
        };
        Ok(Self {
            task_id: fields.task_id,
            track: fields.track,
            input_digest: fields.input_digest,
            params,
            commitment_anchor,
            deadline_seconds,
        })
    }

    /// A parameter that is a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        serde_json::from_str(self.params.get(name)?).ok()
    }

    /// A parameter that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.params.get(name)?).ok()
    }

    /// The parameters as canonical JSON.
    pub(super) fn canonical_params(&self) -> String {
        let mut out = String::from("{");
        for (i, (key, value)) in self.params.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            write_text(key, &mut out);
            out.push(':');
            out.push_str(value);
        }
        out.push('}');
        out
    }

    /// The deadline as canonical JSON.
    pub(super) fn canonical_deadline(&self) -> String {
        python_repr(self.deadline_seconds)
    }
}

impl Anchor {
    fn canonical(&self) -> String {
        let text = |text: &Option<String>| match text {
            Some(text) => {
                let mut out = String::new();
                write_text(text, &mut out);
                out
            }
            None => "null".into(),
        };
        format!(
            "{{\"block\":{},\"block_hash\":{},\"commitment_hash\":\"{}\",\"dispatch_ordering_key\":{},\
             \"netuid\":{},\"txid\":{}}}",
            self.block,
            text(&self.block_hash),
            self.commitment_hash,
            self.dispatch_ordering_key,
            self.netuid,
            text(&self.txid)
        )
    }
}
