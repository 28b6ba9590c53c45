//! Work that outlives a request, and a process: orders in a queue, and what became of them.
//!
//! The queue is that of the library apalis: in the miner's own database, or in a Redis that several machines
//! share. An order whose worker died is taken over; what became of it is written down once.

mod bench;
mod order;
mod queue;
mod results;

pub use bench::Bench;
pub use order::Order;
pub use queue::{Queue, QueueError};
pub use results::{Results, ResultsError, State};
