//! Plain tables.

use comfy_table::{ContentArrangement, Table, presets};

use crate::rules::short_commit;

fn empty() -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn text(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| {
            line.strip_prefix(' ')
                .unwrap_or(&line)
                .trim_end()
                .to_owned()
        })
        .collect();
    lines.join("\n") + "\n"
}

/// Two columns without a header.
#[must_use]
pub fn key_values(pairs: &[(&str, String)]) -> String {
    let mut table = empty();
    for (key, value) in pairs {
        table.add_row([(*key).to_owned(), value.clone()]);
    }
    text(&table)
}

/// A header and rows.
#[must_use]
pub fn rows(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = empty();
    table.set_header(header.to_vec());
    for row in rows {
        table.add_row(row.clone());
    }
    text(&table)
}

/// A revision with the beginning of its commit.
pub(super) fn rules(name: &str, commit: &str) -> String {
    format!("{name} ({})", short_commit(commit))
}
