//! Serving validators: one process that is asked over the network, works, and answers.
//!
//! The protocols ([`artifact`], [`axon`]) know headers and bodies and nothing of video; [`tasks`] does the work;
//! [`Service`] is what they share. One of two rooms that are asynchronous.

pub mod artifact;
pub mod axon;
pub mod jobs;
pub mod listen;
pub mod status;
pub mod storage;
pub mod tasks;

mod database;
mod moving;
mod nonces;
mod permits;
mod rounds;
mod schema;
mod service;
mod validators;

pub use database::{Database, DatabaseError};
pub use nonces::{Nonces, NotKept};
pub use permits::{Member, PermitView};
pub use rounds::{Outcome, Rounds, Served};
pub use service::{Service, Tuning, Workshop};
pub use validators::{Source, SourceError, Validators};

/// Unix seconds by this machine's clock.
#[must_use]
pub fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |d| d.as_secs_f64())
}
