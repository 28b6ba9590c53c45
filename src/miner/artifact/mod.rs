//! The artifact exchange, version 2: what validators of today speak.
//!
//! A task comes as one signed request whose body is the input, and its answer is one signed response whose
//! body is the output. Here stand the rules of both: what is signed ([`canonical_json`] and the messages),
//! in which order a request is checked before a byte of its body is read ([`Gatekeeper`]), and what keeps
//! it from being used twice ([`ReplayMemory`]). All of that is pure: headers, a clock's reading and a view
//! of permits come in, verdicts go out. [`ArtifactServer`] puts it behind HTTP.
//!
//! Source: `vidaio/services/artifact_auth.py` and `protocol.py` of vidAio-subnet/validator-vidaio at
//! `b71f22d5`, and its reference miner for the codes of refusals.

mod answer;
mod canonical;
mod check;
mod headers;
mod metadata;
mod refusal;
mod replay;
mod request;
mod serve;
mod work;

pub use answer::Answer;
pub use canonical::{CanonicalError, canonical_json};
pub use check::{Gatekeeper, Permit};
pub use headers::{Headers, names};
pub use metadata::{LARGEST_METADATA, MetadataError, TaskMetadata, Track};
pub use refusal::{Code, Refusal};
pub use replay::{ReplayError, ReplayMemory};
pub use request::Request;
pub use serve::{ArtifactServer, Limits};
pub use work::work_of;

/// Version of the exchange, as its header has it.
pub const VERSION: &str = "2";
/// Route of a task.
pub const ROUTE: &str = "/v1/task/artifact";
