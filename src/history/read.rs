//! One pass over all files of a history.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use csv::ByteRecord;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::HistoryError;
use super::fields::without_place;
use super::folder::{Kind, Source};
use super::record::Record;
use super::{json, lines, table};
use crate::scoring::Round;
use crate::text::Separator;

/// What to do with what cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// It ends the reading.
    Refuse,
    /// It is counted and passed over.
    Skip,
}

/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What to do with what cannot be read.
    pub bad: Bad,
}

/// A record where it was found.
#[derive(Debug)]
pub struct Entry<'a> {
    /// The record.
    pub record: Record,
    /// Index of its file.
    pub source: usize,
    /// Its line, counted from 1.
    pub line: u64,
    /// Its place in a list of several, counted from 1.
    pub item: Option<u64>,
    raw: Raw<'a>,
}

/// A record as it was written.
#[derive(Debug, Clone, Copy)]
enum Raw<'a> {
    Json(&'a [u8]),
    Csv(&'a Arc<Header>, &'a ByteRecord),
    /// A row without quotation marks.
    Row(&'a Arc<Header>, &'a [u8]),
}

impl<'a> Entry<'a> {
    pub(super) fn json(record: Record, source: usize, line: u64, text: &'a [u8]) -> Self {
        Self {
            record,
            source,
            line,
            item: None,
            raw: Raw::Json(text),
        }
    }

    pub(super) fn csv(
        record: Record,
        source: usize,
        line: u64,
        header: &'a Arc<Header>,
        row: &'a ByteRecord,
    ) -> Self {
        Self {
            record,
            source,
            line,
            item: None,
            raw: Raw::Csv(header, row),
        }
    }

    pub(super) fn row(
        record: Record,
        source: usize,
        line: u64,
        header: &'a Arc<Header>,
        row: &'a [u8],
    ) -> Self {
        Self {
            record,
            source,
            line,
            item: None,
            raw: Raw::Row(header, row),
        }
    }

    pub(super) fn item(mut self, item: Option<u64>) -> Self {
        self.item = item;
        self
    }

    /// The same record, counted as another round.
    #[must_use]
    pub fn with_round(&self, round: Round) -> Self {
        Self {
            record: Record {
                round,
                ..self.record
            },
            ..*self
        }
    }

    /// Copies the text of the record into a buffer, so that [`keys_of`] can read it later.
    pub(super) fn write_to(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
        match self.raw {
            Raw::Json(text) => buffer.extend_from_slice(text),
            Raw::Csv(_, row) => {
                for cell in row {
                    // Any byte may stand in a cell, so its length stands before it.
                    buffer.extend_from_slice(&(cell.len() as u64).to_le_bytes());
                    buffer.extend_from_slice(cell);
                }
            }
            Raw::Row(_, row) => buffer.extend_from_slice(row),
        }
    }

    pub(super) fn form(&self) -> Form {
        match self.raw {
            Raw::Json(_) => Form::Json,
            Raw::Csv(header, _) => Form::Cells(header.clone()),
            Raw::Row(header, _) => Form::Row(header.clone()),
        }
    }
}

/// The first row of a table.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) names: ByteRecord,
    pub(super) separator: Separator,
}

/// How a copied text is to be read again.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Json,
    /// Cells, each with its length before it; and the header.
    Cells(Arc<Header>),
    /// Cells with the separator between them; and the header.
    Row(Arc<Header>),
}

/// All keys of a copied record, known and unknown.
pub(super) fn keys_of(form: &Form, text: &[u8]) -> Map<String, Value> {
    match form {
        Form::Json => serde_json::from_slice(text).unwrap_or_else(|_| key_by_key(text)),
        Form::Cells(header) => named(&header.names, &cells(text)),
        Form::Row(header) => {
            let separator = header.separator.byte();
            let cells: Vec<&[u8]> = text.split(|b| *b == separator).collect();
            named(&header.names, &cells)
        }
    }
}

/// Keys of a record that is nested too deep to be read whole: such values are kept as text.
fn key_by_key(text: &[u8]) -> Map<String, Value> {
    let raw: BTreeMap<String, &RawValue> = serde_json::from_slice(text).unwrap_or_default();
    raw.into_iter()
        .map(|(key, raw)| {
            let value = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().into());
            (key, value)
        })
        .collect()
}

fn named(header: &ByteRecord, cells: &[&[u8]]) -> Map<String, Value> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut keys = Map::new();
    for (name, cell) in header.iter().zip(cells) {
        let cell = lossy(cell);
        let text = cell.trim();
        if !text.is_empty() {
            let name = table::bare(name);
            keys.insert(lossy(name), table::key(name).value(text));
        }
    }
    keys
}

fn cells(mut text: &[u8]) -> Vec<&[u8]> {
    let mut cells = Vec::new();
    while let Some((length, rest)) = text.split_first_chunk::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (cell, rest) = rest.split_at(length.min(rest.len()));
        cells.push(cell);
        text = rest;
    }
    cells
}

/// What a pass met.
#[derive(Debug, Default)]
pub struct Scan {
    /// Records handed on.
    pub records: u64,
    /// Records passed over.
    pub bad_records: u64,
    /// Files passed over.
    pub bad_files: u64,
    /// The first of what was passed over.
    pub first_bad: Option<HistoryError>,
    /// How many tables are parted by what, and the first of them.
    pub separators: BTreeMap<Separator, (u64, PathBuf)>,
}

impl Scan {
    /// What is to be said of tables that are not parted by commas.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let noted = self.separators.iter().filter_map(|(separator, found)| {
            let (count, first) = found;
            let others = match count - 1 {
                0 => String::new(),
                1 => " and 1 more file".to_owned(),
                more => format!(" and {more} more files"),
            };
            Some(format!(
                "{}{others}: {}",
                first.display(),
                separator.note()?
            ))
        });
        noted.collect()
    }
}

/// Hands records on and decides about bad ones.
pub(super) struct Reader<'a> {
    options: Options,
    scan: Scan,
    sink: &'a mut dyn FnMut(&Entry<'_>),
}

impl Reader<'_> {
    pub(super) fn take(&mut self, entry: &Entry<'_>) {
        self.scan.records += 1;
        (self.sink)(entry);
    }

    /// Remembers what parts the cells of a file.
    pub(super) fn parted(&mut self, source: &Source, separator: Separator) {
        let separators = &mut self.scan.separators;
        let found = separators.entry(separator);
        found.or_insert_with(|| (0, source.path.clone())).0 += 1;
    }

    pub(super) fn bad_place(
        &mut self,
        source: &Source,
        line: u64,
        column: u64,
        what: &dyn Display,
    ) -> Result<(), HistoryError> {
        let what = what.to_string();
        self.scan.bad_records += 1;
        self.decide(HistoryError::Bad {
            path: source.path.clone(),
            line,
            column: column.max(1),
            what: without_place(&what).to_owned(),
        })
    }

    pub(super) fn bad_file(
        &mut self,
        source: &Source,
        error: io::Error,
    ) -> Result<(), HistoryError> {
        self.scan.bad_files += 1;
        self.decide(HistoryError::Unreadable {
            path: source.path.clone(),
            source: error,
        })
    }

    fn decide(&mut self, error: HistoryError) -> Result<(), HistoryError> {
        match self.options.bad {
            Bad::Refuse => Err(error),
            Bad::Skip => {
                self.scan.first_bad.get_or_insert(error);
                Ok(())
            }
        }
    }
}

/// Hands every record of the files on, in order of files and places.
///
/// # Errors
/// The first file or record that cannot be read, unless such are to be skipped.
pub fn read(
    sources: &[Source],
    options: Options,
    sink: &mut dyn FnMut(&Entry<'_>),
) -> Result<Scan, HistoryError> {
    let mut reader = Reader {
        options,
        scan: Scan::default(),
        sink,
    };
    for (index, source) in sources.iter().enumerate() {
        match source.kind {
            Kind::Json => json::read(&mut reader, index, source)?,
            Kind::Lines => lines::read(&mut reader, index, source)?,
            Kind::Csv => table::read(&mut reader, index, source)?,
        }
    }
    Ok(reader.scan)
}
