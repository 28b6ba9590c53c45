//! Measurements on disk, as `--save` writes them.

use std::io;
use std::path::{Path, PathBuf};

use super::measurement::{MEASUREMENT_SCHEMA, Measurement};

/// Why a file gives no measurement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoredError {
    #[error("{0}")]
    Unreadable(io::Error),
    #[error("{}: not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("{}: not a measurement (no text)", .0.display())]
    NotText(PathBuf),
    #[error("{}: not a measurement ({source})", path.display())]
    Malformed {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// Another version of this program wrote it.
    #[error(
        "{}: its schema is {found}, this program reads {MEASUREMENT_SCHEMA}",
        path.display()
    )]
    Schema { path: PathBuf, found: String },
}

/// Reads a measurement that `--save` wrote.
///
/// # Errors
/// A file that cannot be read or holds no measurement of this version.
pub fn read_measurement(path: &Path) -> Result<Measurement, StoredError> {
    let meta = fs_err::metadata(path).map_err(StoredError::Unreadable)?;
    if !meta.is_file() {
        return Err(StoredError::NotAFile(path.to_path_buf()));
    }
    let text = fs_err::read(path).map_err(StoredError::Unreadable)?;
    let text = String::from_utf8(text).map_err(|_| StoredError::NotText(path.to_path_buf()))?;
    let measurement: Measurement =
        serde_json::from_str(&text).map_err(|source| StoredError::Malformed {
            path: path.to_path_buf(),
            source,
        })?;
    if measurement.schema != MEASUREMENT_SCHEMA {
        return Err(StoredError::Schema {
            path: path.to_path_buf(),
            found: measurement.schema,
        });
    }
    Ok(measurement)
}
