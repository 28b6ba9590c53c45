//! Jobs in a Redis (6.2 or later): a list of those that wait, and for each worker a list of those that it has
//! begun. Other workers reclaim the list of a worker whose heartbeat stops.

use std::collections::HashSet;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cmd;

use super::queue::QueueError;

/// Jobs that wait; the next one is on the right.
const WAITING: &str = "vidaio-jobs:waiting";
/// Names of the workers that may have begun some.
const WORKERS: &str = "vidaio-jobs:workers";
/// Seconds without a heartbeat after which a worker counts as dead.
const LIFE: u64 = 15;
/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for an answer. A job whose taking is not answered in time has to be put back.
const ANSWER: Duration = Duration::from_secs(5);
/// Makes what a dead worker had begun the next jobs again, in one step. Keys: its heartbeat, its jobs, those that
/// wait, the names of workers. Argument: its name.
const RECLAIM: &str = "
    if redis.call('EXISTS', KEYS[1]) == 0 then
      while redis.call('LMOVE', KEYS[2], KEYS[3], 'LEFT', 'RIGHT') do end
      redis.call('SREM', KEYS[4], ARGV[1])
    end";

/// Jobs that workers on several machines share.
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
        let config = ConnectionManagerConfig::new().set_response_timeout(Some(ANSWER));
        let connecting = ConnectionManager::new_with_config(client, config);
        let connected = tokio::time::timeout(CONNECT, connecting).await;
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
        self.ask(cmd("LREM").arg(held(&self.name)).arg(0).arg(text))
            .await
    }

    /// Refreshes this worker's heartbeat and reclaims the jobs of dead workers.
    pub(super) async fn beat(&self) -> Result<(), QueueError> {
        let mut beating = cmd("SET");
        beating.arg(alive(&self.name)).arg(1).arg("EX").arg(LIFE);
        let () = self.ask(&beating).await?;
        let () = self.ask(cmd("SADD").arg(WORKERS).arg(&self.name)).await?;
        let workers: Vec<String> = self.ask(cmd("SMEMBERS").arg(WORKERS)).await?;
        for worker in &workers {
            let keys = [alive(worker), held(worker), WAITING.into(), WORKERS.into()];
            let mut reclaiming = cmd("EVAL");
            reclaiming
                .arg(RECLAIM)
                .arg(keys.len())
                .arg(&keys)
                .arg(worker);
            let () = self.ask(&reclaiming).await?;
        }
        Ok(())
    }

    pub(super) async fn put_back_lost(
        &self,
        under_way: &HashSet<String>,
    ) -> Result<(), QueueError> {
        let all: Vec<String> = self
            .ask(cmd("LRANGE").arg(held(&self.name)).arg(0).arg(-1))
            .await?;
        for text in all.iter().filter(|text| !under_way.contains(*text)) {
            let () = self.ask(cmd("RPUSH").arg(WAITING).arg(text)).await?;
            self.end(text).await?;
        }
        Ok(())
    }

    async fn ask<T: redis::FromRedisValue>(&self, question: &redis::Cmd) -> Result<T, QueueError> {
        Ok(question.query_async(&mut self.redis.clone()).await?)
    }
}

fn held(worker: &str) -> String {
    format!("vidaio-jobs:held:{worker}")
}

fn alive(worker: &str) -> String {
    format!("vidaio-jobs:alive:{worker}")
}
