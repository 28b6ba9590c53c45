//! The miners of the subnet as a file: CSV with a header, JSON lines, or a JSON list.
//!
//! `docs/reference/population.md` describes the columns.

mod row;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::history::without_place;
use crate::scoring::rewards::Miner;
use crate::text::{Separator, Text, rows};
use row::Row;

/// Why a population cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PopulationError {
    /// The file cannot be read.
    #[error("{}: cannot be read ({source})", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A line holds no miner.
    #[error("{}:{line}: {what}", path.display())]
    Bad {
        path: PathBuf,
        /// Line, counted from 1; in a JSON list the index, counted from 1.
        line: u64,
        what: String,
    },
    /// There is no miner in the file.
    #[error("{}: there is no miner in it", path.display())]
    Empty { path: PathBuf },
}

/// The miners of a file.
#[derive(Debug)]
pub struct Listed {
    /// In the file's order.
    pub miners: Vec<Miner>,
    /// Separator of the cells; none where the file is JSON.
    pub separator: Option<Separator>,
}

/// Reads all miners of a file.
///
/// # Errors
/// A file that cannot be read, a line that holds no miner, a uid that stands there twice, an empty
/// file.
pub fn read_population(path: &Path) -> Result<Listed, PopulationError> {
    let text = read(path).map_err(|source| PopulationError::Unreadable {
        path: path.into(),
        source,
    })?;
    let extension = path.extension().and_then(|e| e.to_str());
    let (rows, separator) = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => (list(&text), None),
        Some("jsonl" | "ndjson") => (lines(&text), None),
        _ => {
            let table = rows(&text);
            (table.rows, Some(table.separator))
        }
    };
    let miners = checked(path, rows)?;
    Ok(Listed { miners, separator })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Text::new(File::open(path)?)?.read_to_end(&mut text)?;
    Ok(text)
}

fn checked(path: &Path, rows: Found) -> Result<Vec<Miner>, PopulationError> {
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
