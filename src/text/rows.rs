//! A table with a header that is held whole, row by row.

use csv::{ErrorKind, StringRecord, Trim};
use serde::de::DeserializeOwned;

use super::comma::comma_in_number;
use super::separator::Separator;

/// The rows of a table.
#[derive(Debug)]
pub struct Rows<T> {
    /// Separator of its cells.
    pub separator: Separator,
    /// Each with its line, counted from 1; or the line and what is wrong there.
    pub rows: Vec<Result<(u64, T), (u64, String)>>,
}

/// Reads a table; the separator is inferred from the header.
#[must_use]
pub fn rows<T: DeserializeOwned>(text: &[u8]) -> Rows<T> {
    let separator = Separator::of(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(Trim::All)
        .delimiter(separator.byte())
        .from_reader(text);
    let rows = match reader.headers().cloned() {
        Ok(headers) => reader
            .records()
            .map(|row| typed(text, &headers, row))
            .collect(),
        Err(e) => vec![Err((1, wrong(&e, None)))],
    };
    Rows { separator, rows }
}

fn typed<T: DeserializeOwned>(
    text: &[u8],
    headers: &StringRecord,
    row: csv::Result<StringRecord>,
) -> Result<(u64, T), (u64, String)> {
    let line = |position: Option<&csv::Position>| position.map_or(1, |p| line_of(text, p.byte()));
    let row = row.map_err(|e| (line(e.position()), wrong(&e, None)))?;
    let at = line(row.position());
    row.deserialize(Some(headers))
        .map(|typed| (at, typed))
        .map_err(|e| (at, wrong(&e, Some((headers, &row)))))
}

/// The line of the record that begins at a byte; the library begins it before the empty lines that
/// stand in front of it.
fn line_of(text: &[u8], byte: u64) -> u64 {
    let at = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    let empty = text[at..]
        .iter()
        .take_while(|b| b"\r\n".contains(b))
        .count();
    memchr::memchr_iter(b'\n', &text[..at + empty]).count() as u64 + 1
}

/// An error of the library in words; with the row that has it, if it is one cell's.
fn wrong(error: &csv::Error, row: Option<(&StringRecord, &StringRecord)>) -> String {
    match error.kind() {
        ErrorKind::Deserialize { err, .. } => {
            let field = err.field().and_then(|field| usize::try_from(field).ok());
            let at = |record: &StringRecord| record.get(field?).map(str::to_owned);
            let (name, cell) = row.map_or((None, None), |(names, row)| (at(names), at(row)));
            let what = cell.and_then(|cell| comma_in_number(&cell));
            let what = what.unwrap_or_else(|| err.kind().to_string());
            name.map_or_else(|| what.clone(), |name| format!("{name}: {what}"))
        }
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells where the header has {expected_len}"),
        ErrorKind::Utf8 { .. } => "this is not UTF-8 text".into(),
        other => format!("{other:?}"),
    }
}
