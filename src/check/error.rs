//! Why a manifest cannot be used.

use std::path::PathBuf;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It cannot be read.
    #[error("{path}: {reason}", path = path.display())]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It is not a manifest; the reason names line and column.
    #[error("{path}:{reason}", path = path.display())]
    Malformed {
        /// The manifest.
        path: PathBuf,
        /// Line, column and what is wrong there.
        reason: String,
    },
    /// It has no case.
    #[error("{path}: there is no [[case]] in it", path = path.display())]
    Empty {
        /// The manifest.
        path: PathBuf,
    },
    /// A case makes no sense.
    #[error("{path}:{line}: case `{case}`: {reason}", path = path.display())]
    Case {
        /// The manifest.
        path: PathBuf,
        /// Line on which the case begins.
        line: usize,
        /// Its name.
        case: String,
        /// What is wrong.
        reason: String,
    },
    /// Manifests or cases that wait for each other.
    #[error("{path}: {what} go round in a circle: {circle}", path = path.display())]
    Circle {
        /// The manifest.
        path: PathBuf,
        /// Manifests or cases.
        what: &'static str,
        /// The circle.
        circle: String,
    },
}
