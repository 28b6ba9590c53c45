//! One video that a caller wants processed.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::miner::tasks::Work;

/// A job, as the queue stores it in JSON. Workers of other versions read the same queue, so its keys stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// A UUID.
    pub id: String,
    pub work: Work,
    /// Where the input is fetched from.
    pub url: String,
    /// Unix seconds after which nobody waits for the result.
    #[serde(rename = "until")]
    pub deadline: f64,
    /// Alpha that the caller holds. Jobs of callers with more are done first.
    pub stake: u64,
    pub caller: Address,
    /// The caller's name for the round or job that this belongs to.
    pub name: String,
}
