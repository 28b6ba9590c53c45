//! States of a job.

use serde::{Deserialize, Serialize};

/// The state of a job, as Redis stores it in JSON. Workers of other versions read the same, so its keys stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "says", rename_all = "kebab-case")]
pub enum JobState {
    Pending,
    /// Processed and stored at a URL.
    Done(String),
    /// Failed for good, with the reason.
    Failed(String),
}

impl JobState {
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
        }
    }

    /// The URL or the reason; nothing while it is pending.
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Pending => "",
            Self::Done(text) | Self::Failed(text) => text,
        }
    }

    pub(super) const fn has_ended(&self) -> bool {
        !matches!(self, Self::Pending)
    }
}
