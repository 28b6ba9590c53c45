//! One result in every form. CSV and JSON lines have a row for each uid (or group, or indicator), with
//! nested fields under dotted names; JSON has the whole.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output::Output;
use crate::report::{Format, to_csv, to_jsonl};

/// Writes a result; `rows` are its records, `table` renders it for a terminal.
pub(super) fn write<V: Serialize, R: Serialize>(
    context: &Context,
    output: Output,
    verdict: &V,
    rows: impl IntoIterator<Item = R>,
    table: impl FnOnce() -> String,
) -> Result<Exit, Failure> {
    let text = match context.format()? {
        Format::Table => table(),
        Format::Json => serde_json::to_string_pretty(verdict)? + "\n",
        Format::Jsonl => to_jsonl(rows)?,
        Format::Csv => {
            let mut records = Vec::new();
            for row in rows {
                let mut flat = Map::new();
                flatten("", serde_json::to_value(&row)?, &mut flat);
                records.push(Value::Object(flat));
            }
            if records.is_empty() {
                String::new()
            } else {
                to_csv(&records)
            }
        }
    };
    output.finish(&text)?;
    Ok(Exit::Ok)
}

fn flatten(name: &str, value: Value, into: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() {
                    key
                } else {
                    format!("{name}.{key}")
                };
                flatten(&name, value, into);
            }
        }
        Value::Array(items) if items.iter().all(|i| !i.is_array() && !i.is_object()) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                })
                .collect();
            into.insert(name.to_owned(), items.join(" ").into());
        }
        // A list of records has no columns; it is kept as it stands in JSON.
        Value::Array(items) => {
            into.insert(name.to_owned(), Value::Array(items).to_string().into());
        }
        other => {
            into.insert(name.to_owned(), other);
        }
    }
}
