//! The miner: one process that accepts validators' tasks, processes them and returns the results.
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

mod clock;
mod database;
mod headers;
mod metagraph_source;
mod permits;
mod request_log;
mod request_record;
mod schema;
mod service;
mod stall_guard;
mod validators;

pub use clock::now;
pub use database::{Database, DatabaseError};
pub use headers::Headers;
pub use metagraph_source::{MetagraphSource, MetagraphSourceError};
pub use permits::{Member, Permit, PermitView};
pub use request_log::RequestLog;
pub use request_record::{RequestOutcome, RequestRecord};
pub use service::{Service, TaskService, Tuning};
pub use validators::Validators;
