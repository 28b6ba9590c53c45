//! From the emission of one epoch to that of a day, and from alpha to TAO.
//!
//! Source: the subtensor runtime, specs 293 and 425. An epoch's alpha is shared among its uids after the
//! owner's cut of 18 %, half of it to miners; it is the sum of all its blocks, so a day holds as many of
//! them as epochs fit into it.

use serde::{Deserialize, Serialize};

use super::amount::Alpha;
use super::metagraph::{Metagraph, Price};

/// Blocks of a day, at 12 seconds each.
pub const BLOCKS_A_DAY: f64 = 7200.0;

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
    /// By the version of the runtime. `knows_next` says whether the runtime tells the next epoch's
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

/// Alpha a day of what one epoch brings.
#[must_use]
pub fn per_day(metagraph: &Metagraph, emission: Alpha) -> Option<f64> {
    let epoch = metagraph.epoch.filter(|e| e.blocks > 0)?;
    Some(emission.whole() * BLOCKS_A_DAY / f64::from(epoch.blocks))
}

/// TAO for an amount of alpha, where the price is known.
#[must_use]
pub fn in_tao(metagraph: &Metagraph, alpha: Option<f64>) -> Option<f64> {
    Some(metagraph.pool.price?.tao(alpha?))
}

impl Price {
    /// TAO for an amount of alpha.
    #[must_use]
    pub fn tao(&self, alpha: f64) -> f64 {
        alpha * self.tao_per_alpha
    }
}
