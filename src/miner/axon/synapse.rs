//! The body of a synapse: read as one JSON object, filled in, and echoed whole, since clients overwrite every field of
//! theirs with what the response holds.

use serde_json::{Map, Value, json};

use super::headers::AxonHeaders;

/// Numbers that every body may hold.
const NUMBERS: [&str; 3] = ["timeout", "total_size", "header_size"];
/// Numbers, and below texts, of the objects that describe the two sides.
const TERMINAL_NUMBERS: [&str; 5] = ["status_code", "process_time", "port", "version", "nonce"];
const TERMINAL_TEXTS: [&str; 5] = ["status_message", "ip", "uuid", "hotkey", "signature"];

/// Why a body is not a synapse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SynapseError {
    #[error("the body is no JSON ({0})")]
    NotJson(String),
    #[error("the body is no JSON object")]
    NotAnObject,
    #[error("`{field}` must be {expected}")]
    Kind {
        field: String,
        expected: &'static str,
    },
}

/// The body of one synapse.
#[derive(Debug, Clone, PartialEq)]
pub struct Synapse {
    fields: Map<String, Value>,
}

pub(super) fn kind(field: impl Into<String>, expected: &'static str) -> SynapseError {
    SynapseError::Kind {
        field: field.into(),
        expected,
    }
}

impl Synapse {
    /// Reads a body and checks the fields that every class has.
    ///
    /// # Errors
    /// It is not a JSON object, or a field has the wrong type.
    pub fn read(body: &[u8]) -> Result<Self, SynapseError> {
        let value: Value =
            serde_json::from_slice(body).map_err(|e| SynapseError::NotJson(e.to_string()))?;
        let Value::Object(fields) = value else {
            return Err(SynapseError::NotAnObject);
        };
        for name in NUMBERS {
            if !fields.get(name).is_none_or(is_number) {
                return Err(kind(name, "a number"));
            }
        }
        for name in ["name", "computed_body_hash"] {
            if !fields
                .get(name)
                .is_none_or(|v| v.is_string() || v.is_null())
            {
                return Err(kind(name, "text"));
            }
        }
        for side in ["dendrite", "axon"] {
            let Some(value) = fields.get(side) else {
                continue;
            };
            let Some(terminal) = value.as_object() else {
                return Err(kind(side, "an object"));
            };
            for name in TERMINAL_NUMBERS {
                if !terminal.get(name).is_none_or(is_number) {
                    return Err(kind(format!("{side}.{name}"), "a number"));
                }
            }
            for name in TERMINAL_TEXTS {
                if !terminal
                    .get(name)
                    .is_none_or(|v| v.is_string() || v.is_null())
                {
                    return Err(kind(format!("{side}.{name}"), "text"));
                }
            }
        }
        Ok(Self { fields })
    }

    /// A field; null counts as absent.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// A field that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }

    /// Sets a field of an inner object, which is created if it is absent.
    pub fn set_within(&mut self, object: &str, name: &str, value: Value) {
        let inner = self.fields.entry(object).or_insert_with(|| json!({}));
        if !inner.is_object() {
            *inner = json!({});
        }
        inner[name] = value;
    }

    /// The body of the response, in which both sides are described. What the caller left out of its own description
    /// is taken from its headers, whose signature was verified.
    #[must_use]
    pub fn into_response(
        mut self,
        class: &str,
        headers: &AxonHeaders,
        own_hotkey: &str,
        seconds: f64,
    ) -> String {
        self.fields.entry("name").or_insert_with(|| class.into());
        if let Some(timeout) = headers.timeout {
            self.fields
                .entry("timeout")
                .or_insert_with(|| json!(timeout));
        }
        for name in ["total_size", "header_size"] {
            self.fields.entry(name).or_insert_with(|| json!(0));
        }
        self.fields
            .entry("computed_body_hash")
            .or_insert_with(|| "".into());
        self.fields.entry("dendrite").or_insert_with(|| {
            json!({
                "ip": headers.ip,
                "version": headers.version,
                "nonce": headers.nonce,
                "uuid": headers.uuid,
                "hotkey": headers.hotkey,
                "signature": headers.signature,
            })
        });
        self.fields
            .entry("axon")
            .or_insert_with(|| json!({"ip": headers.axon_ip, "port": headers.axon_port}));
        self.set_within("axon", "hotkey", own_hotkey.into());
        self.set_within("axon", "status_code", 200.into());
        self.set_within("axon", "status_message", "Success".into());
        self.set_within("axon", "process_time", json!(seconds));
        Value::Object(self.fields).to_string()
    }
}

/// Sets the URLs of a response in both of its forms: the list, unless the caller's response has the single field
/// alone, and the first URL, which is empty if there is none.
pub(super) fn set_urls(synapse: &mut Synapse, response: &str, urls: &[String]) {
    let has_list = synapse.field(response).is_none_or(|o| {
        o.get("optimized_video_urls").is_some() || o.get("optimized_video_url").is_none()
    });
    let has_any = urls.iter().any(|url| !url.is_empty());
    if has_list {
        let list = if has_any { json!(urls) } else { json!([]) };
        synapse.set_within(response, "optimized_video_urls", list);
    }
    let first = urls.first().cloned().unwrap_or_default();
    synapse.set_within(response, "optimized_video_url", first.into());
}

/// Whether a value is a number. Text that reads as one counts, as in the network's own server.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Null | Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}
