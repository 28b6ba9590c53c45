//! The queue of orders, by the library apalis: in the miner's database, or in Redis.

use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{
    BackendExt as _, BoxDynError, Data, TaskBuilder, TaskSink as _, WorkerBuilder,
    WorkerBuilderExt as _,
};
use apalis_redis::RedisStorage;
use apalis_sqlite::SqliteStorage;
use redis::aio::ConnectionManager;
use tokio_util::sync::CancellationToken;

use super::bench::Bench;
use super::order::Order;
use crate::miner::database::Database;

/// Name of the queue.
const NAME: &str = "vidaio-orders";
/// Time between two signs of life of a worker; one that gave none for three times that is taken for dead.
const HEARTBEAT: Duration = Duration::from_secs(5);
const MISSED: usize = 3;
/// Time between two looks for an order. Without it the library looks at every heartbeat alone.
const LOOK: Duration = Duration::from_millis(100);
/// Time for a connection to Redis.
const CONNECT: Duration = Duration::from_secs(10);
/// Times that an order is begun: a worker that dies of it is not the end of all.
const ATTEMPTS: usize = 3;

/// Where orders wait.
#[derive(Clone)]
pub enum Queue {
    /// In the miner's own database.
    Own(SqliteStorage<Order>),
    /// In a Redis that several machines share.
    Redis(Box<RedisStorage<Order>>),
}

/// Why the queue cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the queue: {0}")]
pub struct QueueError(String);

impl QueueError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl Queue {
    /// In the miner's own database. What a process had begun that died is begun again: no other one has
    /// this database.
    ///
    /// # Errors
    /// The database.
    pub async fn own(database: &Database) -> Result<Self, QueueError> {
        let pool = database.pool();
        SqliteStorage::migrations()
            .run(pool)
            .await
            .map_err(QueueError::of)?;
        for query in [
            "UPDATE Jobs SET status = 'Pending', lock_by = NULL, lock_at = NULL
             WHERE status IN ('Queued', 'Running')",
            "DELETE FROM Jobs WHERE status IN ('Done', 'Killed')",
            "DELETE FROM Workers",
        ] {
            sqlx::query(query)
                .execute(pool)
                .await
                .map_err(QueueError::of)?;
        }
        let config = apalis_sqlite::Config::default()
            .queue(NAME)
            .batch_size(1)
            .heartbeat_interval(HEARTBEAT);
        Ok(Self::Own(SqliteStorage::new(pool).with_config(config)))
    }

    /// In a Redis.
    #[must_use]
    pub fn redis(connection: ConnectionManager) -> Self {
        let config = apalis_redis::Config::default()
            .queue(NAME)
            .batch_size(1)
            .heartbeat_interval(HEARTBEAT)
            .missed_heartbeats(MISSED);
        Self::Redis(Box::new(RedisStorage::new(connection).with_config(config)))
    }

    /// Connects to a Redis, by its address.
    ///
    /// # Errors
    /// No connection.
    pub async fn connect(address: &str) -> Result<ConnectionManager, QueueError> {
        // The address may hold a password, and so may what the client says of it.
        let connecting = tokio::time::timeout(CONNECT, apalis_redis::connect(address)).await;
        match connecting {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(e)) => Err(QueueError(format!(
                "Redis does not answer ({:?})",
                e.kind()
            ))),
            Err(_) => Err(QueueError(format!(
                "Redis does not answer within {CONNECT:?}"
            ))),
        }
    }

    /// Puts an order in.
    ///
    /// # Errors
    /// The database.
    pub async fn push(&self, order: Order) -> Result<(), QueueError> {
        let task = TaskBuilder::new(order.clone())
            .priority(
                usize::try_from(order.stake)
                    .unwrap_or(usize::MAX)
                    .min(1 << 31),
            )
            .max_attempts(ATTEMPTS)
            .build();
        match self {
            Self::Own(storage) => storage
                .clone()
                .push_task(task)
                .await
                .map_err(QueueError::of),
            Self::Redis(storage) => storage
                .clone()
                .push_task(task)
                .await
                .map_err(QueueError::of),
        }
    }

    /// Works orders off, so many at a time, until it is told to end; those under way are ended first.
    ///
    /// # Errors
    /// The database.
    pub async fn work(
        self,
        bench: Bench,
        at_once: usize,
        stop: CancellationToken,
    ) -> Result<(), QueueError> {
        let name = format!("vidaio-{}", uuid::Uuid::new_v4());
        let bench = Arc::new(bench);
        let told = async move {
            stop.cancelled().await;
            Ok::<(), std::io::Error>(())
        };
        match self {
            Self::Own(storage) => WorkerBuilder::new(name)
                .backend(storage.poll_with_interval(LOOK))
                .data(bench)
                .concurrency(at_once)
                .build(perform)
                .run_until(told)
                .await
                .map_err(QueueError::of),
            Self::Redis(storage) => WorkerBuilder::new(name)
                .backend(storage.poll_with_interval(LOOK))
                .data(bench)
                .concurrency(at_once)
                .build(perform)
                .run_until(told)
                .await
                .map_err(QueueError::of),
        }
    }
}

async fn perform(order: Order, bench: Data<Arc<Bench>>) -> Result<(), BoxDynError> {
    bench.perform(&order).await;
    Ok(())
}
