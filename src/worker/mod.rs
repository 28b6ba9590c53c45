//! The libtorch worker as seen from here: found, started, spoken to, restarted once if it dies.
//!
//! libtorch stands in a process of its own, so that everything else starts at once and survives it.

mod client;
mod find;
mod patient;
mod watch;

pub use client::{Pictures, UpscalerFacts, Worker, WorkerError, WorkerFacts};
pub use find::{WORKER_NAME, find_worker};
