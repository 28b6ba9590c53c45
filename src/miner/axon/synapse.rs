//! A synapse's body: read as one object, filled in, and echoed whole, since clients overwrite every field of
//! theirs with what comes back.

use serde_json::{Map, Value, json};

use super::headers::AxonHeaders;

/// Names of the numbers that every body may have.
const NUMBERS: [&str; 3] = ["timeout", "total_size", "header_size"];
/// Numbers and texts of the parts that describe both sides.
const TERMINAL_NUMBERS: [&str; 5] = ["status_code", "process_time", "port", "version", "nonce"];
const TERMINAL_TEXTS: [&str; 5] = ["status_message", "ip", "uuid", "hotkey", "signature"];

/// Why a body is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SynapseError {
    /// No JSON.
    #[error("the body is no JSON ({0})")]
    NotJson(String),
    /// No object.
    #[error("the body is no JSON object")]
    NotAnObject,
    /// A field of the wrong kind.
    #[error("`{field}` must be {wanted}")]
    Kind {
        /// The field.
        field: String,
        /// What it must be.
        wanted: &'static str,
    },
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Synapse {
    fields: Map<String, Value>,
}

pub(super) fn kind(field: impl Into<String>, wanted: &'static str) -> SynapseError {
    SynapseError::Kind {
        field: field.into(),
        wanted,
    }
}

impl Synapse {
    /// Reads a body and checks the fields that every class has.
    ///
    /// # Errors
    /// What is wrong with it.
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

    /// A field; what is null is absent.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Its text, if it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// Sets a field.
    pub fn set(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }

    /// Sets a field of an object within, which is made where there is none.
    pub fn set_within(&mut self, object: &str, name: &str, value: Value) {
        let within = self.fields.entry(object).or_insert_with(|| json!({}));
        if !within.is_object() {
            *within = json!({});
        }
        within[name] = value;
    }

    /// The whole as an answer: both sides, with how it ended. What the caller did not say of itself in the
    /// body is taken from its headers, which are proven.
    #[must_use]
    pub fn answered(
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

/// Numbers are taken as text, too, as the network's own server does.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Null | Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}
