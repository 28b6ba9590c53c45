//! How rewards are split over the miners of the subnet.
//!
//! Source: `weights` of `vidaio_subnet_core/validating/managing/miner_manager.py` at the commits of
//! the revisions (modes W0 to W8); `vidaio/tokenomics/` of validator-vidaio at `b71f22d5` (`next`).
//! `docs/rules/rewards.md` describes the modes in words.

mod central;
mod entry;
mod numpy;
mod owner;
mod pools;
mod population;
mod quantise;
mod ranking;
mod retention;
mod reweigh;
mod split;

pub use entry::{Obstacle, Requirement, Requirements};
pub use owner::one_per_owner;
pub use population::{
    EXCLUDED, EmissionState, LeftOut, Miner, Payee, Population, Snapshot, Split, Uid,
};
pub use quantise::{QuantiseError, largest_is_65535, sum_is_65535};
pub use retention::{Retention, RetentionState, retention};
pub use split::split;
