//! The Bittensor axon: what validators spoke until 2026, and some still speak.
//!
//! A synapse is one JSON object whose class is the route; who sent it stands in signed headers. Here are its
//! rules: which callers are heard ([`Gate`]), what each class asks for and how it is filled in ([`Synapse`]),
//! and [`AxonServer`], which puts them behind HTTP. The deviations from the network's own server are those
//! that its clients cannot notice, or that close a hole: a signature is required, proven before anything is
//! looked up, and used once, over restarts too; requests from the future are refused.
//!
//! Source: behaviour of SDK 9.9.0 to 10.5.0 on the wire, and `vidaio_subnet_core/protocol.py` of
//! vidAio-subnet/vidaio-subnet at `c5870e98` and `fea37798`.

mod class;
mod gate;
mod headers;
mod media;
mod memory;
mod orders;
mod refusal;
mod serve;
mod synapse;

pub use class::Class;
pub use gate::{Caller, Gate, Rules};
pub use headers::AxonHeaders;
pub use media::{Asked, media};
pub use memory::NonceMemory;
pub use refusal::AxonRefusal;
pub use serve::AxonServer;
pub use synapse::{Synapse, SynapseError};
