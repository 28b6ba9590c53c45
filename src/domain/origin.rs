//! Who asked for a video.

use serde::{Deserialize, Serialize};

/// Where a task comes from.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// Made by the validator.
    #[default]
    Synthetic,
    /// A customer's request that a validator passed on.
    Organic,
    /// An item of a competition.
    Competition,
}
