//! What differs between two revisions, field by field.

use serde::Serialize;

use super::revision::Revision;

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Path of the field, such as `compression.vmaf.model`.
    pub field: String,
    /// Value in the first revision; absent if it has no such field.
    pub before: Option<String>,
    /// Value in the second.
    pub after: Option<String>,
}

/// Lists every field that differs, in order of their paths.
#[must_use]
pub fn diff(before: &Revision, after: &Revision) -> Vec<Change> {
    let (old, new) = (flatten(before), flatten(after));
    let mut fields: Vec<&String> = old.keys().chain(new.keys()).collect();
    fields.sort();
    fields.dedup();
    fields
        .into_iter()
        .filter(|field| old.get(*field) != new.get(*field))
        .map(|field| Change {
            field: field.clone(),
            before: old.get(field).cloned(),
            after: new.get(field).cloned(),
        })
        .collect()
}

fn flatten(revision: &Revision) -> std::collections::BTreeMap<String, String> {
    let mut out = std::collections::BTreeMap::new();
    // A revision came out of TOML, so it goes back into it.
    if let Ok(table) = toml::Table::try_from(revision) {
        walk("", &toml::Value::Table(table), &mut out);
    }
    out
}

fn walk(path: &str, value: &toml::Value, out: &mut std::collections::BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                walk(&path, inner, out);
            }
        }
        toml::Value::String(text) => {
            out.insert(path.to_owned(), text.clone());
        }
        other => {
            out.insert(path.to_owned(), other.to_string());
        }
    }
}
