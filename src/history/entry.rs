//! A record with its position in a history and its text, from which all of its keys can be read later.

use std::collections::BTreeMap;
use std::sync::Arc;

use csv::ByteRecord;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::fields::{column_key, column_name};
use super::record::Record;
use crate::scoring::Round;
use crate::text::Separator;

/// A record and its position in the files.
#[derive(Debug)]
pub struct LocatedRecord<'a> {
    pub record: Record,
    /// Index into the list of files.
    pub source: usize,
    /// Counted from 1.
    pub line: u64,
    /// Index within a JSON list of several records, counted from 1.
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

impl<'a> LocatedRecord<'a> {
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
                    // A cell may hold any byte, so its length is written before it.
                    buffer.extend_from_slice(&(cell.len() as u64).to_le_bytes());
                    buffer.extend_from_slice(cell);
                }
            }
            Raw::Row(_, row) => buffer.extend_from_slice(row),
        }
    }

    pub(super) fn form(&self) -> KeptForm {
        match self.raw {
            Raw::Json(_) => KeptForm::Json,
            Raw::Csv(header, _) => KeptForm::Cells(header.clone()),
            Raw::Row(header, _) => KeptForm::Row(header.clone()),
        }
    }
}

/// The first row of a table.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) names: ByteRecord,
    pub(super) separator: Separator,
}

/// How the text of a kept record is parsed again.
#[derive(Debug, Clone)]
pub(super) enum KeptForm {
    Json,
    /// Cells, each with its length before it; and the header.
    Cells(Arc<Header>),
    /// Cells with the separator between them; and the header.
    Row(Arc<Header>),
}

/// All keys of a copied record, known and unknown.
pub(super) fn keys_of(form: &KeptForm, text: &[u8]) -> Map<String, Value> {
    match form {
        KeptForm::Json => serde_json::from_slice(text).unwrap_or_else(|_| key_by_key(text)),
        KeptForm::Cells(header) => named(&header.names, &cells(text)),
        KeptForm::Row(header) => {
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
            let name = column_name(name);
            keys.insert(lossy(name), column_key(name).value(text));
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
