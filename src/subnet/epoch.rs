//! How long an epoch lasts.
//!
//! Source: the subtensor runtime, specs 293 and 425.

use serde::{Deserialize, Serialize};

/// Runtime that counts epochs by `tempo` blocks after the last.
const COUNTS_FROM_LAST: u32 = 425;

/// How long an epoch lasts, and by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EpochLength {
    /// Blocks.
    pub blocks: u32,
    /// The rule.
    pub rule: EpochRule,
}

/// When epochs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EpochRule {
    /// Where block + netuid + 1 is a multiple of tempo + 1.
    Modulus,
    /// Tempo blocks after the last; one may be deferred by a few.
    AfterLast,
}

impl EpochLength {
    /// By the version of the runtime. `knows_next` says whether the runtime reports the next epoch's
    /// block, which only those of the second rule do.
    #[must_use]
    pub fn new(tempo: u16, spec_version: u32, knows_next: bool) -> Self {
        if knows_next || spec_version >= COUNTS_FROM_LAST {
            Self {
                blocks: u32::from(tempo),
                rule: EpochRule::AfterLast,
            }
        } else {
            Self {
                blocks: u32::from(tempo) + 1,
                rule: EpochRule::Modulus,
            }
        }
    }
}
