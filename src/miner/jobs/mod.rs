//! Work that outlives a request, and a process: orders in a queue, and what became of them.
//!
//! The queue is a table of the miner's own database, or lists in a Redis that several machines share. The jobs of a
//! dead worker are reclaimed; the outcome of each is recorded once.

mod bench;
mod order;
mod queue;
mod results;
mod shared;
mod work;

pub use bench::Bench;
pub use order::Order;
pub use queue::{Queue, QueueError};
pub use results::{Results, State};
pub use shared::Shared;
