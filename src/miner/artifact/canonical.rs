//! JSON as Python writes it with sorted keys, no spaces and only ASCII: the form that is signed.
//!
//! Both sides sign what they parsed and serialised again, so numbers must be written as Python's `json` writes what
//! it has read: `300.0` stays `300.0`, and `3e2` becomes `300.0`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

/// Levels of nested lists and objects. Our choice: a task has two.
const MAX_DEPTH: usize = 32;

/// Why a text has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    #[error("it is no JSON ({0})")]
    NotJson(String),
    #[error("it is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A number beyond the range of a double.
    #[error("`{0}` is more than a double holds")]
    NotFinite(String),
}

/// Writes a JSON text in its canonical form. Of a key that is repeated the last value counts.
///
/// # Errors
/// A text that is not JSON, is nested too deeply, or holds a number beyond the range of a double.
pub fn canonical_json(text: &str) -> Result<String, CanonicalError> {
    let raw: &RawValue = serde_json::from_str(text).map_err(not_json)?;
    let mut out = String::with_capacity(text.len());
    write(raw, MAX_DEPTH, &mut out)?;
    Ok(out)
}

fn not_json(error: serde_json::Error) -> CanonicalError {
    CanonicalError::NotJson(error.to_string())
}

fn write(raw: &RawValue, depth: usize, out: &mut String) -> Result<(), CanonicalError> {
    let text = raw.get().trim_ascii();
    let deeper = || depth.checked_sub(1).ok_or(CanonicalError::TooDeep);
    match text.as_bytes().first() {
        Some(b'{') => {
            let depth = deeper()?;
            // Sorted by bytes of UTF-8, which is the order of Python's strings.
            let fields: BTreeMap<String, &RawValue> =
                serde_json::from_str(text).map_err(not_json)?;
            out.push('{');
            for (i, (key, value)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(value, depth, out)?;
            }
            out.push('}');
        }
        Some(b'[') => {
            let depth = deeper()?;
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
            out.push('[');
            for (i, value) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(value, depth, out)?;
            }
            out.push(']');
        }
        Some(b'"') => {
            let text: String = serde_json::from_str(text).map_err(not_json)?;
            write_text(&text, out);
        }
        Some(b'-' | b'0'..=b'9') => out.push_str(&number(text)?),
        // true, false and null have one form.
        _ => out.push_str(text),
    }
    Ok(())
}

/// Writes a string, escaping everything that is not printable ASCII.
pub(super) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _written = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// An object of canonical JSON. Fields must be added in the order of their names.
pub(super) struct CanonicalObject(String);

impl CanonicalObject {
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

    /// Adds a field whose value is canonical JSON already.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.0.push_str(value);
    }

    /// Adds a field whose value is text.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        write_text(value, &mut self.0);
    }

    /// The bytes of the object behind a prefix.
    pub(super) fn after(mut self, prefix: &[u8]) -> Vec<u8> {
        self.0.push('}');
        [prefix, self.0.as_bytes()].concat()
    }
}

/// A number as Python writes what it has read: integers of any length unchanged, others as doubles.
fn number(text: &str) -> Result<String, CanonicalError> {
    if !text.contains(['.', 'e', 'E']) {
        let whole = if text == "-0" { "0" } else { text };
        return Ok(whole.to_owned());
    }
    let value: f64 = text
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| CanonicalError::NotFinite(text.to_owned()))?;
    Ok(python_repr(value))
}

/// A finite double as Python's `repr`: the shortest digits that read back to it, as a plain number from
/// 1e-4 up to 1e16, with an exponent of at least two digits elsewhere.
pub(super) fn python_repr(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') {
        plain
    } else {
        plain + ".0"
    }
}
