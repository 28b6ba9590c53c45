//! From the emission of one epoch to that of a day, and from alpha to TAO.
//!
//! Source: the subtensor runtime, specs 293 and 425. An epoch's alpha is shared among its uids after the
//! owner's cut of 18 %, half of it to miners; it is the sum of all its blocks, so a day holds as many of
//! them as epochs fit into it.

use super::amount::Alpha;
use super::metagraph::{Metagraph, Price};

/// Blocks of a day, at 12 seconds each.
pub const BLOCKS_A_DAY: f64 = 7200.0;

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
