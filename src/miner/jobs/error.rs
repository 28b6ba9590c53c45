//! Why jobs cannot be read or written.

/// Why jobs or their states cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// Without the client's own message, which may hold an address with a password.
    #[error("Redis {} ({:?})", if .0.is_io_error() { "does not answer" } else { "refuses" }, .0.kind())]
    Redis(#[from] redis::RedisError),
    /// A job cannot be written as JSON.
    #[error("a job cannot be written: {0}")]
    Job(#[from] serde_json::Error),
    /// No connection to Redis within this time.
    #[error("Redis does not answer within {0:?}")]
    Slow(std::time::Duration),
    #[error("the address is none of a Redis, such as redis://10.0.0.1:6379/0")]
    Address,
}
