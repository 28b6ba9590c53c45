//! CSV with a header. Where a stretch of the file has no quotation mark, a comma is a comma and a
//! line is a row, and it is read on all cores; from the first quotation mark on, row by row.

use std::fs::File;
use std::io::{self, BufRead as _, Read as _, Seek as _, SeekFrom};
use std::str::Utf8Error;
use std::sync::Arc;

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use super::blocks::{count, each, lines};
use super::error::HistoryError;
use super::fields::{Fields, Key};
use super::folder::Source;
use super::read::{Entry, Reader};
use super::record::Record;

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
    source: &Source,
) -> Result<(), HistoryError> {
    let opened = source.open().and_then(|mut file| {
        let header = header(&mut file)?;
        Ok((file, header))
    });
    let (file, header) = match opened {
        Ok(opened) => opened,
        Err(e) => return reader.bad_file(source, e),
    };
    let Some(Header { names, end, lines }) = header else {
        return Ok(());
    };
    let names = Arc::new(names);
    let columns: Vec<Key> = names.iter().map(key).collect();
    if columns.iter().all(|key| *key == Key::Unknown) {
        let what = "the first line must be a header with s_f, task_type and so on";
        return reader.bad_place(source, 1, 1, &what);
    }
    let (mut number, mut offset) = (lines, end);
    let mut outcome = Ok(());
    let mut quoted = false;
    let read = each(
        file,
        |text| plain_rows(&columns, text),
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
                    Ok(record) => reader.take(&Entry::row(record, index, number, &names, line)),
                    Err((column, what)) => {
                        outcome = reader.bad_place(source, number, column, &what);
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
        return row_by_row(reader, index, source, &names, &columns, offset, number);
    }
    Ok(())
}

/// The first row of a file.
struct Header {
    names: ByteRecord,
    /// Byte after it.
    end: u64,
    /// Lines that it takes.
    lines: u64,
}

/// Reads the header and leaves the file behind it.
fn header(file: &mut File) -> io::Result<Option<Header>> {
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(io::BufReader::new(file.try_clone()?));
    let mut names = ByteRecord::new();
    if !rows.read_byte_record(&mut names)? {
        return Ok(None);
    }
    let position = rows.position();
    let mut end = position.byte();
    // The library may leave the second byte of a line end of two.
    file.seek(SeekFrom::Start(end))?;
    let mut next = [0];
    if file.read(&mut next)? == 1 && next == *b"\n" {
        end += 1;
    }
    file.seek(SeekFrom::Start(end))?;
    Ok(Some(Header {
        names,
        end,
        lines: position.line().saturating_sub(1).max(1),
    }))
}

/// All rows of a stretch, unless it has a quotation mark or is no text: then the place matters.
fn plain_rows(columns: &[Key], bytes: &[u8]) -> Option<Vec<Row>> {
    if memchr::memchr(b'"', bytes).is_some() {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let rows = lines(bytes).map(|(start, end)| {
        let end = end - usize::from(bytes[start..end].ends_with(b"\r"));
        let line = &text[start..end];
        let mut at = 0;
        let cells = memchr::memchr_iter(b',', line.as_bytes())
            .chain([line.len()])
            .map(|comma| {
                let cell = (at, Ok(&line[at..comma]));
                at = comma + 1;
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

fn row_by_row(
    reader: &mut Reader<'_>,
    index: usize,
    source: &Source,
    names: &Arc<ByteRecord>,
    columns: &[Key],
    offset: u64,
    lines_before: u64,
) -> Result<(), HistoryError> {
    let opened = || {
        let mut file = source.open()?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    };
    let (file, again) = match (opened(), opened()) {
        (Ok(file), Ok(again)) => (file, again),
        (Err(e), _) | (_, Err(e)) => return reader.bad_file(source, e),
    };
    let mut lines = LineCount {
        file: io::BufReader::new(again),
        at: 0,
        line: lines_before + 1,
    };
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
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
                    other => reader.bad_place(source, lines_before, 1, &format!("{other:?}")),
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
            Ok(record) => reader.take(&Entry::csv(record, index, line, names, &row)),
            Err((column, what)) => reader.bad_place(source, line, column, &what)?,
        }
    }
}

/// Counts lines beside the csv library, which begins a record before the empty lines, and before the
/// second byte of a line end, that stand in front of it.
struct LineCount {
    file: io::BufReader<File>,
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

/// A column's name without the byte order mark before the first and without spaces.
pub(super) fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(name)
        .trim_ascii()
}

/// Columns go by their names.
pub(super) fn key(name: &[u8]) -> Key {
    Key::KNOWN
        .iter()
        .find(|(known, _)| known.as_bytes() == bare(name))
        .map_or(Key::Unknown, |(_, key)| *key)
}

/// Checks a row, given its cells with their offsets (of quoted ones, roughly).
fn record<'a>(
    columns: &[Key],
    cells: impl Iterator<Item = (usize, Result<&'a str, Utf8Error>)>,
) -> Found {
    let mut fields = Fields::default();
    let mut count = 0;
    for (at, cell) in cells {
        let Some(key) = columns.get(count) else {
            count += 1;
            continue;
        };
        count += 1;
        if *key == Key::Unknown {
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
