//! A node that is not there: it answers JSON-RPC on loopback like one of the chain, out of metadata that
//! is generated here, with faults on demand.
//!
//! Shared by the tests and by `examples/fake_node.rs`, which benchmarks read from. Nothing of it is
//! taken from the reading side: keys of storage are hashed by hand, values are encoded by the types that
//! the metadata names.

pub(crate) mod encode;
pub(crate) mod faults;
pub(crate) mod generate;
pub(crate) mod metadata;
pub(crate) mod older;
pub(crate) mod replay;
pub(crate) mod server;
pub(crate) mod state;
pub(crate) mod types;

pub(crate) use metadata::Runtime;
pub(crate) use server::Node;
pub(crate) use state::State;
