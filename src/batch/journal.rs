//! The result of a batch, which is its journal while it runs: a line for each row that was scored.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::key::is_current;
use crate::gates::Gate;

/// Value of the `schema` field of a line.
pub const BATCH_SCHEMA: &str = "vidaio.batch/1";

/// One line of the result.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchLine {
    pub(super) schema: String,
    /// Counted from 1, without the header.
    pub(super) row: usize,
    /// Whether the row was scored, if only with 0.
    pub ok: bool,
    pub(super) task: String,
    pub(super) reference: PathBuf,
    pub(super) output: PathBuf,
    pub(super) rules: String,
    pub(super) rules_commit: String,
    pub(super) seed: u64,
    pub(super) s_f: Option<f64>,
    pub(super) s_f_metrics: Option<f64>,
    pub(super) zeroed_by: Option<Gate>,
    pub(super) reason: Option<String>,
    pub(super) vmaf: Option<f64>,
    pub(super) pieapp: Option<f64>,
    pub(super) compression_rate: Option<f64>,
    pub(super) exact: Option<bool>,
    pub(super) libvmaf: Option<String>,
    pub(super) device: Option<String>,
    pub(super) error: Option<String>,
    /// The resume key of the row.
    pub(super) key: String,
}

/// What an earlier run left in the file of results.
#[derive(Debug, Default)]
pub struct BatchJournal {
    /// Its whole lines.
    pub text: String,
    /// Lines of scored rows, by their resume keys.
    done: HashMap<String, BatchLine>,
    /// Scored rows whose keys an earlier version of this program made: they match no row and are scored again.
    pub outdated: usize,
}

/// A file that is not the result of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{line}: this is no result of a batch")]
pub struct BatchJournalError {
    /// Counted from 1.
    pub line: usize,
}

impl BatchJournal {
    /// Reads the results of an earlier run. A run that was killed may have left its last line half written; that
    /// line is dropped.
    ///
    /// # Errors
    /// A whole line that is no result.
    pub fn parse(text: &str) -> Result<Self, BatchJournalError> {
        let mut journal = Self::default();
        let count = text.lines().count();
        for (i, line) in text.lines().enumerate() {
            match serde_json::from_str::<BatchLine>(line) {
                Ok(read) if read.schema == BATCH_SCHEMA => {
                    journal.text += line;
                    journal.text.push('\n');
                    if read.ok && is_current(&read.key) {
                        journal.done.insert(read.key.clone(), read);
                    } else if read.ok {
                        journal.outdated += 1;
                    }
                }
                Err(_) if i + 1 == count && !text.ends_with('\n') => {}
                _ => return Err(BatchJournalError { line: i + 1 }),
            }
        }
        Ok(journal)
    }

    /// The line of a row with this key, as that of the row at `index`.
    #[must_use]
    pub fn line(&self, key: &str, index: usize) -> Option<BatchLine> {
        self.done.get(key).map(|line| BatchLine {
            row: index + 1,
            ..line.clone()
        })
    }
}
