//! The chain: a subnet's metagraph over JSON-RPC, decoded by the metadata that the node itself gives.
//!
//! One of two rooms that are asynchronous; [`block_on`] is the way in from the others. Everything here
//! ends within the [`Patience`] it was given.

mod cache;
mod columns;
mod connect;
mod error;
mod metagraph;
mod network;
mod patience;
mod rpc;
mod storage;

pub use cache::MetadataCache;
pub use connect::{Asked, Chain, Note, Tally, with_chain};
pub use error::ChainError;
pub use metagraph::read_metagraph;
pub use network::{Network, NetworkError};
pub use patience::Patience;

/// Runs one future to its end on a runtime of its own.
///
/// # Errors
/// No runtime can be had from the system.
pub fn block_on<F: Future>(future: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}
