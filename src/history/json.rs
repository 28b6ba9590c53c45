//! A file of one record, or of a list of records.

use std::io::Read as _;

use serde_json::value::RawValue;

use super::entry::LocatedRecord;
use super::error::HistoryError;
use super::fields::RecordFields;
use super::folder::HistoryFile;
use super::reader::Reader;
use super::record::Record;

/// Reads a whole file: such files are small.
pub(super) fn read(
    reader: &mut Reader<'_>,
    index: usize,
    source: &HistoryFile,
) -> Result<(), HistoryError> {
    let mut text = Vec::new();
    match source
        .open()
        .and_then(|mut file| file.read_to_end(&mut text))
    {
        Ok(_) => {}
        Err(e) => return reader.bad_file(source, e),
    };
    let text = text.as_slice();
    let first = text.iter().find(|b| !b.is_ascii_whitespace());
    let records: Vec<&RawValue> = if first == Some(&b'[') {
        match serde_json::from_slice(text) {
            Ok(list) => list,
            Err(e) => return reader.bad_record(source, e.line() as u64, e.column() as u64, &e),
        }
    } else {
        match serde_json::from_slice(text) {
            Ok(one) => vec![one],
            Err(e) => return reader.bad_record(source, e.line() as u64, e.column() as u64, &e),
        }
    };
    let many = records.len() > 1;
    let mut position = Position::start();
    for (raw, item) in records.into_iter().zip(1_u64..) {
        position.advance(text, raw.get().as_ptr().addr() - text.as_ptr().addr());
        let (line, column) = (position.line, position.column());
        let parsed = serde_json::from_str::<RecordFields<'_>>(raw.get())
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
            Ok(record) => {
                let entry = LocatedRecord::json(record, index, line, raw.get().as_bytes());
                reader.take(&entry.item(many.then_some(item)));
            }
            Err((line, column, what)) => reader.bad_record(source, line, column, &what)?,
        }
    }
    Ok(())
}

/// A position in a text that moves forward only, so that a long list is scanned once.
struct Position {
    at: usize,
    /// Counted from 1.
    line: u64,
    line_start: usize,
}

impl Position {
    fn start() -> Self {
        Self {
            at: 0,
            line: 1,
            line_start: 0,
        }
    }

    fn advance(&mut self, text: &[u8], to: usize) {
        for feed in memchr::memchr_iter(b'\n', &text[self.at..to]) {
            self.line += 1;
            self.line_start = self.at + feed + 1;
        }
        self.at = to;
    }

    /// Counted from 1, in bytes.
    fn column(&self) -> u64 {
        (self.at - self.line_start) as u64 + 1
    }
}
