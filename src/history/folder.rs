//! Which files of a folder hold a history, and in which order.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::error::HistoryError;
use crate::text::Text;

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileFormat {
    Json,
    Lines,
    Csv,
}

/// One file of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryFile {
    pub path: PathBuf,
    pub(super) kind: FileFormat,
}

impl HistoryFile {
    /// Opens it for reading, unless it is a pipe or a device: those may never end.
    pub(super) fn open(&self) -> io::Result<Text<File>> {
        if !std::fs::metadata(&self.path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        Text::new(File::open(&self.path)?)
    }

    /// Its name without the folder, as shown.
    #[must_use]
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }
}

fn kind(path: &Path) -> Option<FileFormat> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "json" => FileFormat::Json,
        "jsonl" | "ndjson" => FileFormat::Lines,
        "csv" => FileFormat::Csv,
        _ => return None,
    })
}

/// Whether a file of this name would be read as part of a history.
#[must_use]
pub fn is_history_file(path: &Path) -> bool {
    kind(path).is_some()
}

/// The files of a folder in natural order of their names: `round_10` after `round_9`. Folders inside
/// it, hidden files and files of other kinds are skipped.
///
/// # Errors
/// No such folder, a file instead of a folder, a folder that cannot be listed, or no file of a known kind.
pub fn sources(folder: &Path) -> Result<Vec<HistoryFile>, HistoryError> {
    let path = || folder.to_path_buf();
    let unreadable = |source: io::Error| HistoryError::Unreadable {
        path: path(),
        source,
    };
    match std::fs::metadata(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(HistoryError::NoFolder { path: path() });
        }
        Err(e) => return Err(unreadable(e)),
        Ok(meta) if !meta.is_dir() => return Err(HistoryError::NotAFolder { path: path() }),
        Ok(_) => {}
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let path = entry.path();
        if let (false, Some(kind)) = (hidden, kind(&path)) {
            // A broken or circular link is kept: reading it reports what is wrong.
            if std::fs::metadata(&path).is_ok_and(|meta| meta.is_dir()) {
                continue;
            }
            found.push(HistoryFile { path, kind });
        }
    }
    if found.is_empty() {
        return Err(HistoryError::NoFiles { path: path() });
    }
    found.sort_by(|a, b| {
        // Names that differ only in bytes that are not text still have one order.
        alphanumeric_sort::compare_path(&a.path, &b.path).then_with(|| a.path.cmp(&b.path))
    });
    Ok(found)
}
