//! The artifact exchange, version 2: what validators of today speak.
//!
//! A task is one signed request whose body is the input, and the reply is one signed response whose body is the
//! output. [`canonical_json`] and the messages say what is signed, [`Gatekeeper`] in which order a request is
//! checked before a byte of its body is read, and [`ReplayMemory`] keeps it from being used twice. All of that is
//! pure: headers, the time and a view of permits come in, verdicts go out. [`ArtifactServer`] puts it behind HTTP.
//!
//! Source: `vidaio/services/artifact_auth.py` and `protocol.py` of vidAio-subnet/validator-vidaio at
//! `b71f22d5`, and its reference miner for the codes of refusals.

mod canonical;
mod gatekeeper;
mod headers;
mod metadata;
mod protocol;
mod refusal;
mod replay;
mod request;
mod response;
mod serve;
mod server;
mod transfer;
mod work;

pub use canonical::{CanonicalError, canonical_json};
pub use gatekeeper::Gatekeeper;
pub use headers::names;
pub use metadata::{LARGEST_METADATA, MetadataError, TaskMetadata, Track};
pub use protocol::{ROUTE, VERSION};
pub use refusal::{Refusal, RefusalCode};
pub use replay::{ReplayError, ReplayMemory};
pub use request::ArtifactRequest;
pub use response::ArtifactResponse;
pub use server::{ArtifactServer, TransferLimits};
pub use work::work_of;
