//! Where the readers of all formats deliver records, and report those that cannot be read.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use super::entry::LocatedRecord;
use super::error::HistoryError;
use super::fields::without_place;
use super::folder::HistoryFile;
use crate::text::Separator;

/// What to do with a file or record that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// Stop with its error.
    Refuse,
    /// Count and skip it.
    Skip,
}

/// Counts of one pass over a history.
#[derive(Debug, Default)]
pub struct Scan {
    /// Records that were read.
    pub records: u64,
    /// Records that were skipped.
    pub bad_records: u64,
    /// Files that were skipped.
    pub bad_files: u64,
    /// The first record or file that was skipped.
    pub first_bad: Option<HistoryError>,
    /// Number of CSV files per separator, and the first of them.
    pub separators: BTreeMap<Separator, (u64, PathBuf)>,
}

impl Scan {
    /// A note for each separator that is not the comma.
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

/// Passes records on to the caller's function and applies its choice about bad ones.
pub(super) struct Reader<'a> {
    bad: Bad,
    scan: Scan,
    sink: &'a mut dyn FnMut(&LocatedRecord<'_>),
}

impl<'a> Reader<'a> {
    pub(super) fn new(bad: Bad, sink: &'a mut dyn FnMut(&LocatedRecord<'_>)) -> Self {
        Self {
            bad,
            scan: Scan::default(),
            sink,
        }
    }

    /// The counts, once every file is read.
    pub(super) fn finish(self) -> Scan {
        self.scan
    }

    pub(super) fn take(&mut self, entry: &LocatedRecord<'_>) {
        self.scan.records += 1;
        (self.sink)(entry);
    }

    /// Counts the separator of a CSV file.
    pub(super) fn separated_by(&mut self, source: &HistoryFile, separator: Separator) {
        let separators = &mut self.scan.separators;
        let found = separators.entry(separator);
        found.or_insert_with(|| (0, source.path.clone())).0 += 1;
    }

    pub(super) fn bad_record(
        &mut self,
        source: &HistoryFile,
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
        source: &HistoryFile,
        error: io::Error,
    ) -> Result<(), HistoryError> {
        self.scan.bad_files += 1;
        self.decide(HistoryError::Unreadable {
            path: source.path.clone(),
            source: error,
        })
    }

    fn decide(&mut self, error: HistoryError) -> Result<(), HistoryError> {
        match self.bad {
            Bad::Refuse => Err(error),
            Bad::Skip => {
                self.scan.first_bad.get_or_insert(error);
                Ok(())
            }
        }
    }
}
