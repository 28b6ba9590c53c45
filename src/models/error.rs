//! Why weights are not available.

use std::path::PathBuf;

/// Why weights are not available.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No such model.
    #[error("there is no model called `{asked}`")]
    Unknown {
        /// What was asked for.
        asked: String,
        /// Known names.
        known: String,
    },
    /// The file does not exist.
    #[error("the weights of {name} are not here ({path})", path = path.display())]
    Missing {
        /// The model.
        name: &'static str,
        /// Where it would be stored.
        path: PathBuf,
    },
    /// The file is not the published one.
    #[error("{path}: not the published weights of {name} (SHA-256 {found}, published {expected})", path = path.display())]
    Digest {
        /// The model.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Its digest.
        found: String,
        /// The published one.
        expected: &'static str,
    },
    /// A file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// No address served the file.
    #[error("the weights of {name} could not be fetched: {reasons}")]
    Network {
        /// The model.
        name: &'static str,
        /// Every address with the reason.
        reasons: String,
    },
}
