//! A node that is not there: it answers JSON-RPC on loopback like one of the chain, out of metadata that
//! is generated here, with faults on demand.
//!
//! Shared by the tests and by `examples/fake_node.rs`, which benchmarks read from. Nothing of it is
//! taken from the reading side: keys of storage are hashed by hand, values are encoded by the types that
//! the metadata names.

pub mod encode;
pub mod faults;
pub mod generate;
pub mod metadata;
pub mod replay;
pub mod server;
pub mod state;
pub mod types;

pub use metadata::Runtime;
pub use server::Node;
pub use state::State;
