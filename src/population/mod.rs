//! The miners of the subnet as a file: CSV with a header, JSON lines, or a JSON list.
//!
//! `docs/reference/population.md` describes the columns.

mod row;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

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
    let headers = reader.headers().cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for (i, row) in reader.deserialize::<Row>().enumerate() {
        rows.push(match row {
            Ok(row) => Ok((i as u64 + 2, row)),
            Err(e) => {
                let line = e.position().map_or(i as u64 + 2, csv::Position::line);
                let what = match e.kind() {
                    csv::ErrorKind::Deserialize { err, .. } => match err.field() {
                        Some(field) => {
                            let name = usize::try_from(field).ok().and_then(|i| headers.get(i));
                            format!("{}: {}", name.unwrap_or_default(), err.kind())
                        }
                        None => err.kind().to_string(),
                    },
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => format!("{len} cells where the header has {expected_len}"),
                    other => format!("{other:?}"),
                };
                Err((line, what))
            }
        });
    }
    rows
}

fn lines(text: &[u8]) -> Found {
    text.split(|b| *b == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(i, line)| {
            let number = i as u64 + 1;
            serde_json::from_slice(line)
                .map(|row| (number, row))
                .map_err(|e| (number, e.to_string()))
        })
        .collect()
}

fn list(text: &[u8]) -> Found {
    match serde_json::from_slice::<Vec<Row>>(text) {
        Ok(rows) => (1..).zip(rows).map(Ok).collect(),
        Err(e) => vec![Err((e.line() as u64, e.to_string()))],
    }
}
