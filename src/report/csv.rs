//! CSV of flat records.

use serde_json::Value;

/// A header of all plain fields, then a row for each record. Lists and nested records are left out:
/// they belong to the JSON forms.
#[must_use]
pub fn to_csv(records: &[Value]) -> String {
    let mut header: Vec<&str> = Vec::new();
    for record in records {
        for (key, value) in record.as_object().into_iter().flatten() {
            if !value.is_array() && !value.is_object() && !header.contains(&key.as_str()) {
                header.push(key);
            }
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row);
    let ok = write(header.iter().map(|h| (*h).to_owned()).collect()).is_ok()
        && records.iter().all(|record| {
            let field = |key: &&str| match record.get(*key) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            write(header.iter().map(field).collect()).is_ok()
        });
    // Writing into memory cannot fail; an empty text would show it if it did.
    if !ok {
        return String::new();
    }
    writer
        .into_inner()
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}
