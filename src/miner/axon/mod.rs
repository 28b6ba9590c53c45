//! The Bittensor axon: what validators spoke until 2026, and some still speak.
//!
//! A synapse is one JSON object whose class is the route; its sender is named in signed headers. [`Admission`] says
//! which callers are admitted, [`Synapse`] how an object is read and filled in, and [`AxonServer`] puts both behind
//! HTTP. It deviates from the network's own server where no client can notice, or where that closes a hole: a
//! signature is required, verified before anything is looked up, and accepted once, also over restarts; requests from
//! the future are refused.
//!
//! Source: behaviour of SDK 9.9.0 to 10.5.0 on the wire, and `vidaio_subnet_core/protocol.py` of
//! vidAio-subnet/vidaio-subnet at `c5870e98` and `fea37798`.

mod admission;
mod class;
mod fill;
mod headers;
mod jobs;
mod media;
mod memory;
mod nonces;
mod refusal;
mod serve;
mod server;
mod synapse;

pub use admission::{Admission, AdmissionRules, Caller};
pub use class::Class;
pub use headers::AxonHeaders;
pub use media::{RequestedVideo, media};
pub use memory::{NonceError, NonceMemory};
pub use nonces::{NonceLog, NonceNotStored};
pub use refusal::AxonRefusal;
pub use server::AxonServer;
pub use synapse::{Synapse, SynapseError};
