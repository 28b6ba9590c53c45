//! Lists of records in every format.

use serde::Serialize;

use super::context::Context;
use super::failure::Failure;
use crate::report::{Format, to_csv};

/// Renders a list in the chosen format: one line a record for JSON lines, one row for CSV.
pub(super) fn render_list<T: Serialize>(
    context: &Context,
    list: &[T],
    table: impl FnOnce(&[T]) -> String,
) -> Result<String, Failure> {
    Ok(match context.format()? {
        Format::Table => table(list),
        Format::Json => serde_json::to_string_pretty(list)? + "\n",
        Format::Jsonl => {
            let lines: Result<Vec<_>, _> = list.iter().map(serde_json::to_string).collect();
            lines?.join("\n") + "\n"
        }
        Format::Csv => {
            let values: Result<Vec<_>, _> = list.iter().map(serde_json::to_value).collect();
            to_csv(&values?)
        }
    })
}
