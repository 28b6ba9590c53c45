//! Work that outlives a request, and a process: orders in a queue, and what became of them.
//!
//! The queue is a table of the miner's own database, or lists in a Redis that several machines share. An order
//! whose worker died is taken over; what became of it is written down once.

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
