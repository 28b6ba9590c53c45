//! The queue of orders: a table of the miner's own database, or a Redis that several machines share.

use std::collections::HashSet;

use redis::aio::ConnectionManager;

use super::order::Order;
use super::shared::Shared;
use crate::miner::database::Database;

/// Where orders wait. One that was taken stays until it has ended, so that a process that dies loses none.
#[derive(Clone)]
pub enum Queue {
    /// In the miner's own database: who has more stake comes first.
    Own(Database),
    /// In a Redis that several machines share, in the order of their coming.
    Redis(Shared),
}

/// Why orders or what became of them cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The database.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// Redis. Its words may hold an address with a password.
    #[error("Redis {} ({:?})", if .0.is_io_error() { "does not answer" } else { "refuses" }, .0.kind())]
    Redis(#[from] redis::RedisError),
    /// A job that cannot be written.
    #[error("a job cannot be written: {0}")]
    Job(#[from] serde_json::Error),
    /// No connection to Redis in this time.
    #[error("Redis does not answer within {0:?}")]
    Slow(std::time::Duration),
    /// An address that is none.
    #[error("the address is none of a Redis, such as redis://10.0.0.1:6379/0")]
    Address,
}

impl Queue {
    /// In the miner's own database. Jobs that a process had begun before it died are begun again: no other
    /// process has this database. A job is not begun after the time at which nobody waits for it any more.
    ///
    /// # Errors
    /// The database.
    pub async fn own(database: &Database) -> Result<Self, QueueError> {
        let again = sqlx::query("UPDATE queue SET taken = 0");
        again.execute(database.pool()).await?;
        Ok(Self::Own(database.clone()))
    }

    /// In a Redis.
    #[must_use]
    pub fn redis(connection: ConnectionManager) -> Self {
        Self::Redis(Shared::new(connection))
    }

    /// Puts an order in.
    ///
    /// # Errors
    /// The database or Redis.
    pub async fn push(&self, order: &Order) -> Result<(), QueueError> {
        let text = serde_json::to_string(order)?;
        match self {
            Self::Own(database) => {
                sqlx::query("INSERT INTO queue (stake, job) VALUES (?, ?)")
                    .bind(i64::try_from(order.stake).unwrap_or(i64::MAX))
                    .bind(text)
                    .execute(database.pool())
                    .await?;
            }
            Self::Redis(shared) => shared.push(&text).await?,
        }
        Ok(())
    }

    /// Takes the next job, as it is stored.
    ///
    /// # Errors
    /// The database or Redis.
    pub async fn take(&self) -> Result<Option<String>, QueueError> {
        let next = "UPDATE queue SET taken = 1 WHERE number =
                    (SELECT number FROM queue WHERE taken = 0 ORDER BY stake DESC, number LIMIT 1)
                    RETURNING job";
        match self {
            Self::Own(database) => {
                let taken = sqlx::query_scalar(next).fetch_optional(database.pool());
                Ok(taken.await?)
            }
            Self::Redis(shared) => shared.take().await,
        }
    }

    /// Removes a job that has ended.
    ///
    /// # Errors
    /// The database or Redis.
    pub async fn end(&self, text: &str) -> Result<(), QueueError> {
        match self {
            Self::Own(database) => {
                let ended = sqlx::query("DELETE FROM queue WHERE job = ?").bind(text);
                ended.execute(database.pool()).await?;
                Ok(())
            }
            Self::Redis(shared) => shared.end(text).await,
        }
    }

    /// Puts back what this worker holds but is not working on: the answer by which it took it was lost.
    ///
    /// # Errors
    /// Redis.
    pub async fn put_back_lost(&self, under_way: &HashSet<String>) -> Result<(), QueueError> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Redis(shared) => shared.put_back_lost(under_way).await,
        }
    }
}
