//! Why a history cannot be read or written.

use std::io;
use std::path::PathBuf;

/// Why a history cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// Nothing is there.
    #[error("{}: there is no such folder", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file was named where a folder is meant.
    #[error("{}: this is a file, and a history is a folder of files", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds no file of a known kind.
    #[error("{}: there is no round in it: no *.json, *.jsonl or *.csv file", path.display())]
    NoFiles {
        /// The folder.
        path: PathBuf,
    },
    /// The files hold no record.
    #[error("{}: there is no round in it: {files} files without a record", path.display())]
    NoRecords {
        /// The folder.
        path: PathBuf,
        /// Files looked at.
        files: usize,
    },
    /// A file or folder cannot be read.
    #[error("{}: cannot be read ({source})", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What stands at a place is no record.
    #[error("{}:{line}:{column}: {what}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Column in bytes, counted from 1.
        column: u64,
        /// What is wrong.
        what: String,
    },
    /// A round cannot be stored.
    #[error("{}: the round cannot be stored ({source})", path.display())]
    Unwritable {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
