//! Why a manifest cannot be used.

use std::path::PathBuf;

use crate::rules::RulesError;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{path}: {reason}", path = path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// It is not a manifest; the reason names line and column.
    #[error("{path}:{reason}", path = path.display())]
    Malformed { path: PathBuf, reason: String },
    /// It has no case.
    #[error("{path}: there is no [[case]] in it", path = path.display())]
    Empty { path: PathBuf },
    /// A case is invalid.
    #[error("{path}:{line}: case `{case}`: {reason}", path = path.display())]
    Case {
        path: PathBuf,
        line: usize,
        case: String,
        reason: CaseError,
    },
    /// Manifests or cases that need each other.
    #[error("{path}: {what} go round in a circle: {circle}", path = path.display())]
    Circle {
        path: PathBuf,
        what: &'static str,
        circle: String,
    },
}

/// What is wrong with a case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    #[error("its name is empty")]
    EmptyName,
    #[error("another case has this name")]
    NameTaken,
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error(
        "nothing is expected of it: give expect.score, expect.min, expect.verdict ... \
         or let `--bless` write what comes out"
    )]
    NothingExpected,
    #[error("`{0}` belongs to the other task")]
    ForeignKey(&'static str),
    #[error("its command is empty")]
    EmptyCommand,
    #[error("its command would write over its own input")]
    WritesOverInput,
    #[error("`{0}` makes the same output by another command")]
    OtherMaker(String),
    #[error("it needs `{0}`, and no case has that name")]
    UnknownNeed(String),
    #[error("its length is none: 0 seconds or more")]
    Length,
    #[error("its bitrate is none: above 0 megabits a second")]
    Bitrate,
    #[error("its scale is none: 2 or 4")]
    Scale,
    #[error("expect.{0} is not a finite number")]
    NotFinite(&'static str),
    #[error("expect.{0} is below 0")]
    BelowZero(&'static str),
    #[error("expect.min {min} lies above expect.max {max}")]
    MinAboveMax { min: f64, max: f64 },
    #[error("{0} has no compression task")]
    NoCompressionTask(String),
    #[error("a compression needs a threshold")]
    NoThreshold,
    #[error("a threshold of {0} is none")]
    Threshold(f64),
}
