//! What a search maximizes.

use serde::{Deserialize, Serialize};

/// What the search maximizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The score under the revision.
    Score,
    /// VMAF as close above the threshold as possible.
    Threshold,
    /// The smallest file that passes every gate.
    Size,
}

impl Objective {
    /// Its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Threshold => "threshold",
            Self::Size => "size",
        }
    }
}
