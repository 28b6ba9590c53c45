//! The queue of orders, by the library apalis: in the miner's database, or in Redis.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apalis::prelude::{
    BackendExt as _, BoxDynError, Data, TaskBuilder, TaskSink as _, WorkerBuilder,
    WorkerBuilderExt as _,
};
use apalis_core::backend::Vacuum as _;
use apalis_redis::RedisStorage;
use apalis_sqlite::SqliteStorage;
use redis::aio::ConnectionManager;
use tokio_util::sync::CancellationToken;

use super::bench::Bench;
use super::order::Order;
use crate::miner::database::Database;

/// Name of the queue.
const NAME: &str = "vidaio-orders";
/// Orders that are fetched at a time. The library answers for four times as many at once.
const BATCH: usize = 1;
/// Time between two signs of life of a worker; one that gave none for three times that is taken for dead.
const HEARTBEAT: Duration = Duration::from_secs(5);
const MISSED: usize = 3;
/// Time between two looks for an order. Without it the library looks at every heartbeat alone.
const LOOK: Duration = Duration::from_millis(100);
/// Pauses after the queue was lost.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
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
            .batch_size(BATCH)
            .heartbeat_interval(HEARTBEAT);
        Ok(Self::Own(SqliteStorage::new(pool).with_config(config)))
    }

    /// In a Redis.
    #[must_use]
    pub fn redis(connection: ConnectionManager) -> Self {
        let config = apalis_redis::Config::default()
            .queue(NAME)
            .batch_size(BATCH)
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
            Ok(Err(e)) if e.kind() == redis::ErrorKind::InvalidClientConfig => Err(QueueError(
                "the address is none of a Redis, such as redis://10.0.0.1:6379/0".into(),
            )),
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

    /// Works orders off until it is told to end, whatever becomes of the queue meanwhile. Orders under way
    /// are ended first; those that are fetched after the word are put back.
    pub async fn work_on(self, bench: Bench, at_once: usize, stop: CancellationToken) {
        let hands = Hands {
            bench: Arc::new(bench),
            queue: self.clone(),
            busy: Arc::default(),
            stop: stop.clone(),
        };
        let mut pause = FIRST_PAUSE;
        while !stop.is_cancelled() {
            let begun = Instant::now();
            match self.clone().work(&hands, at_once).await {
                Ok(()) => {}
                Err(e) => tracing::error!("orders are not taken for {pause:?}: {e}"),
            }
            if begun.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        // The library's worker may have ended before what it had begun.
        while !hands.busy.lock().await.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn work(self, hands: &Hands, at_once: usize) -> Result<(), QueueError> {
        let name = format!("vidaio-{}", uuid::Uuid::new_v4());
        let hands = hands.clone();
        let told = hands.clone().told();
        match self {
            Self::Own(storage) => WorkerBuilder::new(name)
                .backend(storage.poll_with_interval(LOOK))
                .data(hands)
                .concurrency(at_once)
                .build(perform)
                .run_until(told)
                .await
                .map_err(QueueError::of),
            Self::Redis(storage) => WorkerBuilder::new(name)
                .backend(storage.poll_with_interval(LOOK))
                .data(hands)
                .concurrency(at_once)
                .build(perform)
                .run_until(told)
                .await
                .map_err(QueueError::of),
        }
    }

    /// Removes what is left of orders that ended.
    ///
    /// # Errors
    /// The database.
    pub async fn tidy(&self) -> Result<(), QueueError> {
        match self {
            Self::Own(storage) => {
                let ended = "DELETE FROM Jobs WHERE status IN ('Done', 'Killed')
                             OR (status = 'Failed' AND attempts >= max_attempts)";
                let pool = storage.pool();
                sqlx::query(ended)
                    .execute(pool)
                    .await
                    .map_err(QueueError::of)?;
            }
            Self::Redis(storage) => {
                storage.clone().vacuum().await.map_err(QueueError::of)?;
            }
        }
        Ok(())
    }
}

/// Who works orders off in this process.
#[derive(Clone)]
struct Hands {
    bench: Arc<Bench>,
    queue: Queue,
    /// Orders under way, by their names.
    busy: Arc<tokio::sync::Mutex<HashSet<String>>>,
    stop: CancellationToken,
}

impl Hands {
    /// Ends once it was told to end and nothing is under way. Until then the library goes on telling others
    /// that this worker lives.
    async fn told(self) -> Result<(), std::io::Error> {
        self.stop.cancelled().await;
        while !self.busy.lock().await.is_empty() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

async fn perform(order: Order, hands: Data<Hands>) -> Result<(), BoxDynError> {
    if hands.stop.is_cancelled() {
        // For another machine, or the next start.
        tokio::time::sleep(LOOK * 10).await;
        hands.queue.push(order).await?;
        return Ok(());
    }
    if !hands.busy.lock().await.insert(order.id.clone()) {
        // It is under way here, and was handed out again because the queue was away.
        return Ok(());
    }
    // A task of its own: the order is worked off even if the queue is lost meanwhile.
    let hands = Hands::clone(&hands);
    let worked = tokio::spawn(async move {
        let _at_the_end = Freed {
            busy: Arc::clone(&hands.busy),
            id: order.id.clone(),
        };
        hands.bench.perform(&order).await;
    });
    worked.await?;
    Ok(())
}

/// Takes an order off those under way, even after a panic.
struct Freed {
    busy: Arc<tokio::sync::Mutex<HashSet<String>>>,
    id: String,
}

impl Drop for Freed {
    fn drop(&mut self) {
        let (busy, id) = (Arc::clone(&self.busy), std::mem::take(&mut self.id));
        tokio::spawn(async move { busy.lock().await.remove(&id) });
    }
}
