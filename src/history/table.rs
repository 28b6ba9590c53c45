//! CSV with a header.

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::error::HistoryError;
use super::fields::{Fields, Key};
use super::folder::Source;
use super::read::{Entry, Reader};
use super::record::Record;

pub(super) fn read(reader: &mut Reader<'_>, index: usize, source: &Source) -> Result<(), HistoryError> {
    let file = match std::fs::File::open(&source.path) {
        Ok(file) => file,
        Err(e) => return reader.bad_file(source, e),
    };
    let mut rows = ReaderBuilder::new()
        .buffer_capacity(1 << 18)
        .from_reader(file);
    let header = match rows.byte_headers() {
        Ok(header) => header.clone(),
        Err(e) => return broken(reader, source, e),
    };
    let columns: Vec<Key> = header.iter().map(key).collect();
    if columns.iter().all(|key| *key == Key::Unknown) {
        if header.is_empty() {
            return Ok(());
        }
        let what = "the first line must be a header with s_f, task_type and so on";
        return reader.bad_place(source, 1, 1, &what);
    }
    let mut row = ByteRecord::new();
    loop {
        match rows.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(e) => {
                broken(reader, source, e)?;
                continue;
            }
        }
        let line = row.position().map_or(0, csv::Position::line);
        match record(&columns, &row) {
            Ok(record) => reader.take(&Entry::csv(record, index, line, &header, &row)),
            Err((column, what)) => reader.bad_place(source, line, column, &what)?,
        }
    }
}

/// Columns go by their names; a byte order mark before the first is passed over.
fn key(name: &[u8]) -> Key {
    let name = name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name);
    Key::KNOWN
        .iter()
        .find(|(known, _)| known.as_bytes() == name.trim_ascii())
        .map_or(Key::Unknown, |(_, key)| *key)
}

/// A record, or the column in bytes and what is wrong there.
fn record(columns: &[Key], row: &ByteRecord) -> Result<Record, (u64, String)> {
    let mut fields = Fields::default();
    for (i, (key, cell)) in columns.iter().zip(row).enumerate() {
        if *key == Key::Unknown {
            continue;
        }
        // A cell's own column, as long as no cell before it is quoted.
        let at = || row.range(i).map_or(1, |range| (range.start + i + 1) as u64);
        let text = std::str::from_utf8(cell)
            .map_err(|_| (at(), format!("{}: this is not UTF-8 text", key.name())))?;
        fields
            .cell(*key, text)
            .map_err(|what| (at(), format!("{}: {what}", key.name())))?;
    }
    Record::new(&fields).map_err(|what| (1, what))
}

fn broken(reader: &mut Reader<'_>, source: &Source, error: csv::Error) -> Result<(), HistoryError> {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        ErrorKind::Io(e) => reader.bad_file(source, e),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let what = format!("{len} cells where the header has {expected_len}");
            reader.bad_place(source, line, 1, &what)
        }
        other => reader.bad_place(source, line, 1, &format!("{other:?}")),
    }
}
