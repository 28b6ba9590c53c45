//! The queue of orders: a table of the miner's own database, or a Redis that several machines share.

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
    #[error("Redis does not answer ({:?})", .0.kind())]
    Redis(#[from] redis::RedisError),
    /// No connection to Redis in this time.
    #[error("Redis does not answer within {0:?}")]
    Slow(std::time::Duration),
    /// An address that is none.
    #[error("the address is none of a Redis, such as redis://10.0.0.1:6379/0")]
    Address,
}

impl Queue {
    /// In the miner's own database. What a process had begun that died is begun again: no other one has
    /// this database.
    ///
    /// # Errors
    /// The database.
    pub async fn own(database: &Database) -> Result<Self, QueueError> {
        let again = sqlx::query("UPDATE orders SET taken = 0");
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
        let text = serde_json::to_string(order).unwrap_or_default();
        match self {
            Self::Own(database) => {
                sqlx::query("INSERT INTO orders (stake, record) VALUES (?, ?)")
                    .bind(i64::try_from(order.stake).unwrap_or(i64::MAX))
                    .bind(text)
                    .execute(database.pool())
                    .await?;
            }
            Self::Redis(shared) => shared.push(&text).await?,
        }
        Ok(())
    }

    /// Takes the next order, as it is written.
    ///
    /// # Errors
    /// The database or Redis.
    pub async fn take(&self) -> Result<Option<String>, QueueError> {
        let next = "UPDATE orders SET taken = 1 WHERE number =
                    (SELECT number FROM orders WHERE taken = 0 ORDER BY stake DESC, number LIMIT 1)
                    RETURNING record";
        match self {
            Self::Own(database) => {
                let taken = sqlx::query_scalar(next).fetch_optional(database.pool());
                Ok(taken.await?)
            }
            Self::Redis(shared) => shared.take().await,
        }
    }

    /// Removes an order that has ended.
    ///
    /// # Errors
    /// The database or Redis.
    pub async fn end(&self, text: &str) -> Result<(), QueueError> {
        match self {
            Self::Own(database) => {
                let ended = sqlx::query("DELETE FROM orders WHERE record = ?").bind(text);
                ended.execute(database.pool()).await?;
                Ok(())
            }
            Self::Redis(shared) => shared.end(text).await,
        }
    }
}
