//! One video that somebody wants made.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::miner::tasks::Work;

/// An order, as it lies in the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its own name, unlike any other.
    pub id: String,
    /// What is to be made.
    pub work: Work,
    /// Where the input lies.
    pub url: String,
    /// Unix seconds at which nobody wants it any more.
    pub until: f64,
    /// Alpha that the caller holds: who has more is served before who has less.
    pub stake: u64,
    /// Who wants it.
    pub caller: Address,
    /// The round or job that it belongs to, as the caller names it.
    pub name: String,
}
