//! The miners of the subnet as a file: CSV with a header, JSON lines, or a JSON list.
//!
//! `docs/reference/population.md` describes the columns.

mod row;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::history::without_place;
use crate::scoring::rewards::Miner;
use row::Row;

/// Why a population cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PopulationError {
    /// The file cannot be read.
    #[error("{}: cannot be read ({source})", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line holds no miner.
    #[error("{}:{line}: {what}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1; of a JSON list the place in the list.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// There is no miner in the file.
    #[error("{}: there is no miner in it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Reads all miners of a file.
///
/// # Errors
/// A file that cannot be read, a line that holds no miner, a uid that stands there twice, an empty
/// file.
pub fn read_population(path: &Path) -> Result<Vec<Miner>, PopulationError> {
    let text = std::fs::read(path).map_err(|source| PopulationError::Unreadable {
        path: path.into(),
        source,
    })?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let extension = path.extension().and_then(|e| e.to_str());
    let rows = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => list(text),
        Some("jsonl" | "ndjson") => lines(text),
        _ => table(text),
    };
    let mut seen = HashSet::new();
    let mut miners = Vec::new();
    for row in rows {
        let bad = |(line, what): (u64, String)| PopulationError::Bad {
            path: path.into(),
            line,
            what,
        };
        let (line, row) = row.map_err(bad)?;
        let miner = row.into_miner().map_err(|what| bad((line, what)))?;
        if !seen.insert(miner.uid) {
            return Err(bad((
                line,
                format!("uid {} stands here a second time", miner.uid),
            )));
        }
        miners.push(miner);
    }
    if miners.is_empty() {
        return Err(PopulationError::Empty { path: path.into() });
    }
    Ok(miners)
}

type Found = Vec<Result<(u64, Row), (u64, String)>>;

fn table(text: &[u8]) -> Found {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text);
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(e) => return vec![Err((1, wrong(&e, &csv::StringRecord::new())))],
    };
    let line = |position: Option<&csv::Position>| position.map_or(1, |p| line_of(text, p.byte()));
    reader
        .records()
        .map(|row| {
            let row = row.map_err(|e| (line(e.position()), wrong(&e, &headers)))?;
            let at = line(row.position());
            row.deserialize(Some(&headers))
                .map(|row| (at, row))
                .map_err(|e| (at, wrong(&e, &headers)))
        })
        .collect()
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

fn wrong(error: &csv::Error, headers: &csv::StringRecord) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let field = err.field().and_then(|field| usize::try_from(field).ok());
            match field.and_then(|field| headers.get(field)) {
                Some(name) => format!("{name}: {}", err.kind()),
                None => err.kind().to_string(),
            }
        }
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells where the header has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "this is not UTF-8 text".into(),
        other => format!("{other:?}"),
    }
}

fn lines(text: &[u8]) -> Found {
    text.split(|b| *b == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(i, line)| {
            let number = i as u64 + 1;
            serde_json::from_slice(line)
                .map(|row| (number, row))
                .map_err(|e| (number, plain(&e)))
        })
        .collect()
}

fn list(text: &[u8]) -> Found {
    if text.trim_ascii_start().first() != Some(&b'[') {
        return vec![Err((1, "a JSON file must hold a list of miners".into()))];
    }
    match serde_json::from_slice::<Vec<Row>>(text) {
        Ok(rows) => (1..).zip(rows).map(Ok).collect(),
        Err(e) => vec![Err((e.line() as u64, plain(&e)))],
    }
}

fn plain(error: &serde_json::Error) -> String {
    without_place(&error.to_string()).to_owned()
}
