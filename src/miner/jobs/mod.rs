//! Jobs, which outlive the request that they came with, and the process: a queue of them, and their states.
//!
//! The queue is a table of the miner's own database, or lists in a Redis that several machines share. The jobs of a
//! dead worker are reclaimed; how a job ended is recorded once.

mod error;
mod job;
mod queue;
mod redis;
mod retry;
mod runner;
mod state;
mod store;
mod work;

pub use error::QueueError;
pub use job::Job;
pub use queue::Queue;
pub use redis::SharedQueue;
pub use runner::JobRunner;
pub use state::JobState;
pub use store::JobStore;
