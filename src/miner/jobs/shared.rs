//! Orders in a Redis: a list of those that wait, and for each worker a list of those that it has begun, which
//! the others take over when it gives no sign of life.

use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::cmd;

use super::queue::QueueError;

/// Orders that wait; the next one is on the right.
const WAITING: &str = "vidaio-orders";
/// Names of the workers that may have begun some.
const WORKERS: &str = "vidaio-orders:workers";
/// Seconds after which a worker that gave no sign of life is taken for dead.
const LIFE: u64 = 15;
/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Orders that workers on several machines share.
#[derive(Clone)]
pub struct Shared {
    redis: ConnectionManager,
    /// Name of this worker, unlike any other.
    name: String,
}

impl Shared {
    pub(super) fn new(redis: ConnectionManager) -> Self {
        let name = uuid::Uuid::new_v4().simple().to_string();
        Self { redis, name }
    }

    /// Connects to a Redis, by its address.
    ///
    /// # Errors
    /// No connection.
    pub async fn connect(address: &str) -> Result<ConnectionManager, QueueError> {
        // The address may hold a password, and so may what the client says of it.
        let client = redis::Client::open(address).map_err(|_| QueueError::Address)?;
        let connected = tokio::time::timeout(CONNECT, ConnectionManager::new(client)).await;
        Ok(connected.map_err(|_| QueueError::Slow(CONNECT))??)
    }

    pub(super) async fn push(&self, text: &str) -> Result<(), QueueError> {
        self.ask(cmd("LPUSH").arg(WAITING).arg(text)).await
    }

    pub(super) async fn take(&self) -> Result<Option<String>, QueueError> {
        let from = ["RIGHT", "LEFT"];
        self.ask(cmd("LMOVE").arg(WAITING).arg(held(&self.name)).arg(&from))
            .await
    }

    pub(super) async fn end(&self, text: &str) -> Result<(), QueueError> {
        self.ask(cmd("LREM").arg(held(&self.name)).arg(1).arg(text))
            .await
    }

    /// Shows the others that this worker lives, and takes over the orders of those that do not.
    pub(super) async fn show_life(&self) -> Result<(), QueueError> {
        let mut living = cmd("SET");
        living.arg(alive(&self.name)).arg(1).arg("EX").arg(LIFE);
        let () = self.ask(&living).await?;
        let () = self.ask(cmd("SADD").arg(WORKERS).arg(&self.name)).await?;
        let workers: Vec<String> = self.ask(cmd("SMEMBERS").arg(WORKERS)).await?;
        for worker in &workers {
            if !self.ask(cmd("EXISTS").arg(alive(worker))).await? {
                self.give_back(worker).await?;
            }
        }
        Ok(())
    }

    /// Puts what a worker had begun where the next order is taken from.
    pub(super) async fn give_back(&self, worker: &str) -> Result<(), QueueError> {
        let mut moving = cmd("LMOVE");
        moving
            .arg(held(worker))
            .arg(WAITING)
            .arg("LEFT")
            .arg("RIGHT");
        while let Some::<String>(_) = self.ask(&moving).await? {}
        self.ask(cmd("SREM").arg(WORKERS).arg(worker)).await
    }

    async fn ask<T: redis::FromRedisValue>(&self, question: &redis::Cmd) -> Result<T, QueueError> {
        Ok(question.query_async(&mut self.redis.clone()).await?)
    }
}

fn held(worker: &str) -> String {
    format!("vidaio-orders:held:{worker}")
}

fn alive(worker: &str) -> String {
    format!("vidaio-orders:alive:{worker}")
}
