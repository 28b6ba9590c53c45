//! Jobs in a Redis (6.2 or later): a list of waiting jobs, and for each worker a list of those that it has taken.
//! Other workers reclaim the list of a worker whose heartbeat stops.

use std::collections::HashSet;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, Cmd, FromRedisValue, cmd};

use super::error::QueueError;

/// Key of the list of waiting jobs; the next one is on the right.
const WAITING: &str = "vidaio-jobs:waiting";
/// Key of the set of workers that may have taken jobs.
const WORKERS: &str = "vidaio-jobs:workers";
/// Seconds without a heartbeat after which a worker counts as dead. Our choice: three heartbeats.
const HEARTBEAT_LIFE: u64 = 15;
/// Time within which a connection must be made. Our choice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time within which Redis must reply. A job whose taking is not confirmed in time has to be put back. Our choice.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
/// Makes the jobs of a dead worker the next ones, in one step. Keys: its heartbeat, its jobs, the waiting jobs, the
/// set of workers. Argument: its name.
const RECLAIM: &str = "
    if redis.call('EXISTS', KEYS[1]) == 0 then
      while redis.call('LMOVE', KEYS[2], KEYS[3], 'LEFT', 'RIGHT') do end
      redis.call('SREM', KEYS[4], ARGV[1])
    end";

/// The queue that workers on several machines share, as one of them uses it.
#[derive(Clone)]
pub struct SharedQueue {
    redis: ConnectionManager,
    /// Name of this worker: a UUID.
    name: String,
}

impl SharedQueue {
    pub(super) fn new(redis: ConnectionManager) -> Self {
        let name = uuid::Uuid::new_v4().simple().to_string();
        Self { redis, name }
    }

    /// Connects to a Redis by its URL.
    ///
    /// # Errors
    /// It is not the URL of a Redis, or no connection is made in time.
    pub async fn connect(address: &str) -> Result<ConnectionManager, QueueError> {
        // The address may hold a password, and so may the client's error.
        let client = Client::open(address).map_err(|_| QueueError::Address)?;
        let config = ConnectionManagerConfig::new().set_response_timeout(Some(REPLY_TIMEOUT));
        let connecting = ConnectionManager::new_with_config(client, config);
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
        Ok(connected.map_err(|_| QueueError::Slow(CONNECT_TIMEOUT))??)
    }

    pub(super) async fn push(&self, text: &str) -> Result<(), QueueError> {
        self.query(cmd("LPUSH").arg(WAITING).arg(text)).await
    }

    pub(super) async fn take(&self) -> Result<Option<String>, QueueError> {
        let held = held_key(&self.name);
        let ends = ["RIGHT", "LEFT"];
        self.query(cmd("LMOVE").arg(WAITING).arg(held).arg(&ends))
            .await
    }

    pub(super) async fn remove(&self, text: &str) -> Result<(), QueueError> {
        let held = held_key(&self.name);
        self.query(cmd("LREM").arg(held).arg(0).arg(text)).await
    }

    /// Refreshes this worker's heartbeat and reclaims the jobs of dead workers.
    pub(super) async fn beat(&self) -> Result<(), QueueError> {
        let mut heartbeat = cmd("SET");
        let key = heartbeat_key(&self.name);
        heartbeat.arg(key).arg(1).arg("EX").arg(HEARTBEAT_LIFE);
        let () = self.query(&heartbeat).await?;
        let () = self.query(cmd("SADD").arg(WORKERS).arg(&self.name)).await?;
        let workers: Vec<String> = self.query(cmd("SMEMBERS").arg(WORKERS)).await?;
        for worker in &workers {
            let keys = [
                heartbeat_key(worker),
                held_key(worker),
                WAITING.into(),
                WORKERS.into(),
            ];
            let mut reclaim = cmd("EVAL");
            reclaim.arg(RECLAIM).arg(keys.len()).arg(&keys).arg(worker);
            let () = self.query(&reclaim).await?;
        }
        Ok(())
    }

    pub(super) async fn put_back_lost(
        &self,
        under_way: &HashSet<String>,
    ) -> Result<(), QueueError> {
        let held = held_key(&self.name);
        let all: Vec<String> = self.query(cmd("LRANGE").arg(held).arg(0).arg(-1)).await?;
        for text in all.iter().filter(|text| !under_way.contains(*text)) {
            let () = self.query(cmd("RPUSH").arg(WAITING).arg(text)).await?;
            self.remove(text).await?;
        }
        Ok(())
    }

    async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, QueueError> {
        Ok(command.query_async(&mut self.redis.clone()).await?)
    }
}

/// Key of the list of jobs that a worker has taken.
fn held_key(worker: &str) -> String {
    format!("vidaio-jobs:held:{worker}")
}

/// Key that exists while a worker sends heartbeats.
fn heartbeat_key(worker: &str) -> String {
    format!("vidaio-jobs:alive:{worker}")
}
