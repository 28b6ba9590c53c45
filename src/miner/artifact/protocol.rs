//! What names the exchange on the wire.

/// Version of the exchange, as its header carries it.
pub const VERSION: &str = "2";
/// Route of a task.
pub const ROUTE: &str = "/v1/task/artifact";
