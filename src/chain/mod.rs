//! The chain: a subnet's metagraph over JSON-RPC, decoded by the metadata that the node itself gives.
//!
//! One of two rooms that are asynchronous; the others call it through [`block_on`]. Everything here
//! ends within the [`TimeLimits`] it was given.

mod axon;
mod cache;
mod columns;
mod connect;
mod error;
mod limits;
mod metagraph;
mod network;
mod rpc;
mod serve;
mod storage;

pub use cache::MetadataCache;
pub use connect::{Chain, ConnectOptions, Note, Tally, with_chain};
pub use error::ChainError;
pub use limits::TimeLimits;
pub use metagraph::read_metagraph;
pub use network::{Network, NetworkError};
pub use serve::{Endpoint, serve_axon};

/// Threads for connections: a thread that the system's resolver blocks must not block the timer.
const THREADS: usize = 4;

/// Runs one future to its end on a runtime of its own. Tasks that still run then are abandoned.
///
/// # Errors
/// No runtime can be had from the system.
pub fn block_on<F: Future>(future: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()?;
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(done)
}
