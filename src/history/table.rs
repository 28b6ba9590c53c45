//! CSV with a header. Where a stretch of the file has no quotation mark, a separator is one and a
//! line is a row, and it is read on all cores; from the first quotation mark on, row by row.

use std::fs::File;
use std::io::{self, BufRead as _, Read as _};
use std::str::Utf8Error;
use std::sync::Arc;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::blocks::{count, each, lines};
use super::entry::{Header, LocatedRecord};
use super::error::HistoryError;
use super::fields::{FieldKey, RecordFields, column_key};
use super::folder::HistoryFile;
use super::reader::Reader;
use super::record::Record;
use crate::text::{Separator, Text};

/// A record, or the column in bytes and what is wrong there.
type Found = Result<Record, (u64, String)>;

/// A row of a stretch without quotation marks.
struct Row {
    start: usize,
    end: usize,
    found: Found,
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    index: usize,
    source: &HistoryFile,
) -> Result<(), HistoryError> {
    let opened = head(source).and_then(|head| {
        let end = head.as_ref().map_or(0, |head| head.end);
        Ok((head, open_at(source, end)?))
    });
    let (head, file) = match opened {
        Ok(opened) => opened,
        Err(e) => return reader.bad_file(source, e),
    };
    let Some(Head { header, end, lines }) = head else {
        return Ok(());
    };
    reader.separated_by(source, header.separator);
    let header = Arc::new(header);
    let columns: Vec<FieldKey> = header.names.iter().map(column_key).collect();
    if columns.iter().all(|key| *key == FieldKey::Unknown) {
        let what = "the first line must be a header with s_f, task_type and so on";
        return reader.bad_record(source, 1, 1, &what);
    }
    let separator = header.separator.byte();
    let (mut number, mut offset) = (lines, end);
    let mut outcome = Ok(());
    let mut quoted = false;
    let read = each(
        file,
        |text| plain_rows(&columns, separator, text),
        |block| {
            let Some(rows) = block.result else {
                quoted = true;
                return false;
            };
            offset += block.text.len() as u64;
            for row in rows {
                number += 1;
                let line = &block.text[row.start..row.end];
                // The csv library passes over empty lines, too.
                if line.is_empty() {
                    continue;
                }
                match row.found {
                    Ok(record) => {
                        reader.take(&LocatedRecord::row(record, index, number, &header, line))
                    }
                    Err((column, what)) => {
                        outcome = reader.bad_record(source, number, column, &what);
                        if outcome.is_err() {
                            return false;
                        }
                    }
                }
            }
            true
        },
    );
    if let Err(e) = read {
        return reader.bad_file(source, e);
    }
    outcome?;
    if quoted {
        let after = After {
            offset,
            lines: number,
        };
        return row_by_row(reader, index, source, &header, &columns, after);
    }
    Ok(())
}

/// Bytes within which the header must end.
const LONGEST_HEADER: u64 = 1 << 20;

/// The first row of a file.
struct Head {
    header: Header,
    /// Byte after it.
    end: u64,
    /// Lines that it takes.
    lines: u64,
}

fn head(source: &HistoryFile) -> io::Result<Option<Head>> {
    let mut text = Vec::new();
    source.open()?.take(LONGEST_HEADER).read_to_end(&mut text)?;
    let separator = Separator::of(&text);
    let mut rows = table(separator).from_reader(text.as_slice());
    let mut names = ByteRecord::new();
    if !rows.read_byte_record(&mut names)? {
        return Ok(None);
    }
    let position = rows.position();
    let mut end = position.byte();
    if end >= LONGEST_HEADER {
        let what = "its first line is far too long to be a header";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    // The library may leave the second byte of a line end of two.
    if text.get(usize::try_from(end).unwrap_or(usize::MAX)) == Some(&b'\n') {
        end += 1;
    }
    Ok(Some(Head {
        header: Header { names, separator },
        end,
        lines: position.line().saturating_sub(1).max(1),
    }))
}

fn table(separator: Separator) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(separator.byte());
    builder
}

fn open_at(source: &HistoryFile, byte: u64) -> io::Result<Text<File>> {
    let mut file = source.open()?;
    file.skip(byte)?;
    Ok(file)
}

/// All rows of a block, unless it has a quotation mark or is not UTF-8: then positions matter.
fn plain_rows(columns: &[FieldKey], separator: u8, bytes: &[u8]) -> Option<Vec<Row>> {
    if memchr::memchr(b'"', bytes).is_some() {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let rows = lines(bytes).map(|(start, end)| {
        let end = end - usize::from(bytes[start..end].ends_with(b"\r"));
        let line = &text[start..end];
        let mut at = 0;
        let cells = memchr::memchr_iter(separator, line.as_bytes())
            .chain([line.len()])
            .map(|end| {
                let cell = (at, Ok(&line[at..end]));
                at = end + 1;
                cell
            });
        Row {
            start,
            end,
            found: record(columns, cells),
        }
    });
    let mut parsed = Vec::with_capacity(count(bytes));
    parsed.extend(rows);
    Some(parsed)
}

/// What was read before.
#[derive(Clone, Copy)]
struct After {
    offset: u64,
    lines: u64,
}

fn row_by_row(
    reader: &mut Reader<'_>,
    index: usize,
    source: &HistoryFile,
    header: &Arc<Header>,
    columns: &[FieldKey],
    after: After,
) -> Result<(), HistoryError> {
    let opened = || open_at(source, after.offset);
    let (file, again) = match (opened(), opened()) {
        (Ok(file), Ok(again)) => (file, again),
        (Err(e), _) | (_, Err(e)) => return reader.bad_file(source, e),
    };
    let mut lines = LineCount {
        file: io::BufReader::new(again),
        at: 0,
        line: after.lines + 1,
    };
    let mut rows = table(header.separator)
        .buffer_capacity(1 << 18)
        .from_reader(file);
    let mut row = ByteRecord::new();
    loop {
        match rows.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(e) => {
                return match e.into_kind() {
                    ErrorKind::Io(e) => reader.bad_file(source, e),
                    other => reader.bad_record(source, after.lines, 1, &format!("{other:?}")),
                };
            }
        }
        let line = match lines.of(row.position().map_or(0, csv::Position::byte)) {
            Ok(line) => line,
            Err(e) => return reader.bad_file(source, e),
        };
        let cells = row.iter().enumerate().map(|(i, cell)| {
            let at = row.range(i).map_or(0, |range| range.start + i);
            (at, std::str::from_utf8(cell))
        });
        match record(columns, cells) {
            Ok(record) => reader.take(&LocatedRecord::csv(record, index, line, header, &row)),
            Err((column, what)) => reader.bad_record(source, line, column, &what)?,
        }
    }
}

/// Counts lines independently of the csv library, whose records begin before empty lines, and before the
/// second byte of a line end, that stand in front of it.
struct LineCount {
    file: io::BufReader<Text<File>>,
    at: u64,
    line: u64,
}

impl LineCount {
    /// The line of the record that the library begins at a byte.
    fn of(&mut self, byte: u64) -> io::Result<u64> {
        while self.at < byte {
            let seen = self.file.fill_buf()?;
            let wanted = usize::try_from(byte - self.at).unwrap_or(usize::MAX);
            let part = &seen[..wanted.min(seen.len())];
            if part.is_empty() {
                break;
            }
            self.line += memchr::memchr_iter(b'\n', part).count() as u64;
            let used = part.len();
            self.file.consume(used);
            self.at += used as u64;
        }
        while let Some(end @ (b'\n' | b'\r')) = self.file.fill_buf()?.first().copied() {
            self.line += u64::from(end == b'\n');
            self.file.consume(1);
            self.at += 1;
        }
        Ok(self.line)
    }
}

/// Checks a row, given its cells with their offsets (of quoted ones, roughly).
fn record<'a>(
    columns: &[FieldKey],
    cells: impl Iterator<Item = (usize, Result<&'a str, Utf8Error>)>,
) -> Found {
    let mut fields = RecordFields::default();
    let mut count = 0;
    for (at, cell) in cells {
        let Some(key) = columns.get(count) else {
            count += 1;
            continue;
        };
        count += 1;
        if *key == FieldKey::Unknown {
            continue;
        }
        let wrong = |what: String| (at as u64 + 1, format!("{}: {what}", key.name()));
        let text = cell.map_err(|_| wrong("this is not UTF-8 text".into()))?;
        fields.cell(*key, text).map_err(wrong)?;
    }
    if count != columns.len() {
        let what = format!("{count} cells where the header has {}", columns.len());
        return Err((1, what));
    }
    Record::new(&fields).map_err(|what| (1, what))
}
