//! The client of the libtorch worker: locates it, starts it, talks to it, and restarts it once if it dies.
//!
//! libtorch is loaded in a process of its own, so that everything else starts at once and survives its crash.

mod client;
mod deadline;
mod error;
mod locate;
mod process;
mod watchdog;

pub use client::{RgbBatch, UpscalerFacts, Worker};
pub use error::WorkerError;
pub use locate::{WORKER_NAME, find_worker};
pub use process::WorkerFacts;
