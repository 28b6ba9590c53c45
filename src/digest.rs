//! Digests of what a stored result depends on.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// SHA-256, in lower-case hexadecimal, of a record as JSON. The record carries a version of its own, which is
/// raised whenever its fields or their meaning change.
///
/// # Errors
/// A record that JSON cannot hold, such as one with a path that is not UTF-8.
pub(crate) fn digest_of_record<T: Serialize>(record: &T) -> Result<String, serde_json::Error> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(record)?)))
}

/// A file by its size and the time of its last change.
#[derive(Debug, Serialize)]
pub(crate) struct FileStamp {
    bytes: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
}

impl FileStamp {
    /// None where the file is missing.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let meta = fs_err::metadata(path).ok()?;
        Some(Self {
            bytes: meta.len(),
            modified_seconds: meta.mtime(),
            modified_nanoseconds: meta.mtime_nsec(),
        })
    }
}
