//! A file of one record, or of a list of records.

use serde_json::value::RawValue;

use super::error::HistoryError;
use super::fields::Fields;
use super::folder::Source;
use super::read::{Entry, Reader};
use super::record::Record;

/// Reads a whole file: such files are small.
pub(super) fn read(
    reader: &mut Reader<'_>,
    index: usize,
    source: &Source,
) -> Result<(), HistoryError> {
    let text = match std::fs::read(&source.path) {
        Ok(text) => text,
        Err(e) => return reader.bad_file(source, e),
    };
    // Some editors put a byte order mark first.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let first = text.iter().find(|b| !b.is_ascii_whitespace());
    let records: Vec<&RawValue> = if first == Some(&b'[') {
        match serde_json::from_slice(text) {
            Ok(list) => list,
            Err(e) => return reader.bad_place(source, e.line() as u64, e.column() as u64, &e),
        }
    } else {
        match serde_json::from_slice(text) {
            Ok(one) => vec![one],
            Err(e) => return reader.bad_place(source, e.line() as u64, e.column() as u64, &e),
        }
    };
    for raw in records {
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        let (line, column) = place(text, start);
        let parsed = serde_json::from_str::<Fields<'_>>(raw.get())
            .map_err(|e| {
                // The error counts from the record's own start.
                let column = if e.line() == 1 {
                    column + (e.column() as u64).saturating_sub(1)
                } else {
                    e.column() as u64
                };
                (
                    line + (e.line() as u64).saturating_sub(1),
                    column,
                    e.to_string(),
                )
            })
            .and_then(|fields| Record::new(&fields).map_err(|what| (line, column, what)));
        match parsed {
            Ok(record) => reader.take(&Entry::json(record, index, line, raw.get().as_bytes())),
            Err((line, column, what)) => reader.bad_place(source, line, column, &what)?,
        }
    }
    Ok(())
}

/// Line and column of a byte, both from 1.
fn place(text: &[u8], at: usize) -> (u64, u64) {
    let before = &text[..at.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() as u64 + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
    (line, (before.len() - start) as u64 + 1)
}
