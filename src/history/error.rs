//! Why a history cannot be read or written.

use std::io;
use std::path::PathBuf;

/// Why a history cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The folder does not exist.
    #[error("{}: there is no such folder", path.display())]
    NoFolder { path: PathBuf },
    /// A file was named where a folder is meant.
    #[error("{}: this is a file, and a history is a folder of files", path.display())]
    NotAFolder { path: PathBuf },
    /// The folder holds no file of a known kind.
    #[error("{}: there is no round in it: no *.json, *.jsonl or *.csv file", path.display())]
    NoFiles { path: PathBuf },
    /// The files hold no record.
    #[error("{}: there is no round in it: {files} files without a record", path.display())]
    NoRecords {
        path: PathBuf,
        /// Files looked at.
        files: usize,
    },
    /// A file or folder cannot be read.
    #[error("{}: cannot be read ({source})", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// A record that cannot be read.
    #[error("{}:{line}:{column}: {what}", path.display())]
    Bad {
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Column in bytes, counted from 1.
        column: u64,
        what: String,
    },
    /// A round cannot be stored.
    #[error("{}: the round cannot be stored ({source})", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}
