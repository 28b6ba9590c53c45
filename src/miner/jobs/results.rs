//! What became of orders, and which of them make up a caller's job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::queue::QueueError;
use crate::address::Address;
use crate::miner::database::Database;

/// Time between two looks while waiting: another process may have written.
const LOOK: Duration = Duration::from_millis(250);

/// How an order stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "says", rename_all = "kebab-case")]
pub enum State {
    /// It is waited for.
    Pending,
    /// It is made, and lies at an address.
    Done(String),
    /// It is not, and will not be.
    Failed(String),
}

/// Where that is written down.
#[derive(Clone)]
pub struct Results {
    database: Database,
    /// What workers on other machines write to.
    shared: Option<ConnectionManager>,
    changed: Arc<Notify>,
}

impl Results {
    /// In a database, and where workers on other machines take part, in the Redis that they share.
    #[must_use]
    pub fn new(database: Database, shared: Option<ConnectionManager>) -> Self {
        Self {
            database,
            shared,
            changed: Arc::new(Notify::new()),
        }
    }

    /// Begins to wait for an order until a time; it is forgotten at another. Both in Unix seconds.
    ///
    /// # Errors
    /// The database.
    pub async fn begin(&self, order: &str, until: f64, ends: f64) -> Result<(), QueueError> {
        let key = key_of_order(order);
        self.write(&key, &State::Pending, ends).await?;
        sqlx::query("UPDATE outcomes SET deadline = ? WHERE key = ?")
            .bind(until as i64)
            .bind(&key)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Writes down what became of an order. The first word counts: gives whether this was it.
    ///
    /// # Errors
    /// The database.
    pub async fn end(&self, order: &str, state: &State, ends: f64) -> Result<bool, QueueError> {
        let first = match &self.shared {
            Some(shared) => {
                let life = (ends - crate::miner::now()).max(1.0) as u64;
                let taken: Option<String> = redis::cmd("SET")
                    .arg(shared_key(order))
                    .arg(serde_json::to_string(state).unwrap_or_default())
                    .arg("NX")
                    .arg("EX")
                    .arg(life)
                    .query_async(&mut shared.clone())
                    .await?;
                taken.is_some()
            }
            None => {
                let key = key_of_order(order);
                let ended = matches!(
                    self.read(&key).await?,
                    Some(State::Done(_) | State::Failed(_))
                );
                if !ended {
                    self.write(&key, state, ends).await?;
                }
                !ended
            }
        };
        self.changed.notify_waiters();
        Ok(first)
    }

    /// How an order stands; nothing is known of one that was forgotten.
    ///
    /// # Errors
    /// The database.
    pub async fn state(&self, order: &str) -> Result<Option<State>, QueueError> {
        let key = key_of_order(order);
        let own = self.read(&key).await?;
        let Some(shared) = &self.shared else {
            return Ok(own);
        };
        if matches!(own, Some(State::Done(_) | State::Failed(_))) {
            return Ok(own);
        }
        let said: Option<String> = redis::cmd("GET")
            .arg(shared_key(order))
            .query_async(&mut shared.clone())
            .await?;
        let Some(ended) = said.and_then(|text| serde_json::from_str::<State>(&text).ok()) else {
            return Ok(own);
        };
        if own.is_some() {
            sqlx::query("UPDATE outcomes SET state = ?, value = ? WHERE key = ?")
                .bind(ended.word())
                .bind(ended.says())
                .bind(&key)
                .execute(self.database.pool())
                .await?;
        }
        Ok(Some(ended))
    }

    /// Waits until an order has ended, or a time has come.
    ///
    /// # Errors
    /// The database.
    pub async fn wait(&self, order: &str, until: Instant) -> Result<State, QueueError> {
        loop {
            let changed = self.changed.notified();
            match self.state(order).await? {
                Some(State::Pending) => {}
                Some(ended) => return Ok(ended),
                None => return Ok(State::Failed("nothing is known of it".into())),
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(State::Pending);
            }
            let _either = tokio::time::timeout(left.min(LOOK), changed).await;
        }
    }

    /// Notes which orders make up a caller's job. A job of that name that the caller has already stays.
    ///
    /// # Errors
    /// The database.
    pub async fn begin_job(
        &self,
        caller: &Address,
        job: &str,
        orders: &[Option<String>],
        ends: f64,
    ) -> Result<bool, QueueError> {
        let answer = serde_json::to_string(orders).unwrap_or_default();
        let written = sqlx::query(
            "INSERT INTO outcomes (key, caller, state, value, expires_at) VALUES (?, ?, 'job', ?, ?)
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(key_of_job(caller, job))
        .bind(caller.to_string())
        .bind(answer)
        .bind(ends as i64)
        .execute(self.database.pool())
        .await?;
        Ok(written.rows_affected() == 1)
    }

    /// How the orders of a caller's job stand, in their order; nothing for a job that is not the caller's.
    ///
    /// # Errors
    /// The database.
    pub async fn job(&self, caller: &Address, job: &str) -> Result<Option<Vec<State>>, QueueError> {
        let found: Option<String> = sqlx::query_scalar("SELECT value FROM outcomes WHERE key = ?")
            .bind(key_of_job(caller, job))
            .fetch_optional(self.database.pool())
            .await?;
        let Some(answer) = found else {
            return Ok(None);
        };
        let orders: Vec<Option<String>> = serde_json::from_str(&answer).unwrap_or_default();
        let mut states = Vec::with_capacity(orders.len());
        for order in orders {
            let known = match order {
                Some(order) => self.state(&order).await?,
                None => None,
            };
            states.push(known.unwrap_or_else(|| State::Failed("it was not begun".into())));
        }
        Ok(Some(states))
    }

    /// Forgets what ended before a time, in Unix seconds.
    ///
    /// # Errors
    /// The database.
    pub async fn forget(&self, now: f64) -> Result<(), QueueError> {
        sqlx::query("DELETE FROM outcomes WHERE expires_at <= ?")
            .bind(now as i64)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Orders that are waited for at a time, in Unix seconds.
    ///
    /// # Errors
    /// The database.
    pub async fn waited_for(&self, now: f64) -> Result<u64, QueueError> {
        let pending: Vec<String> =
            sqlx::query_scalar("SELECT key FROM outcomes WHERE state = 'pending' AND deadline > ?")
                .bind(now as i64)
                .fetch_all(self.database.pool())
                .await?;
        if self.shared.is_none() {
            return Ok(pending.len() as u64);
        }
        // Workers elsewhere say so in the other place.
        let mut waited_for = 0;
        for key in &pending {
            let order = key.strip_prefix(ORDER).unwrap_or(key);
            waited_for += u64::from(self.state(order).await? == Some(State::Pending));
        }
        Ok(waited_for)
    }

    async fn write(&self, key: &str, state: &State, ends: f64) -> Result<(), QueueError> {
        sqlx::query(
            "INSERT INTO outcomes (key, caller, state, value, expires_at) VALUES (?1, '', ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET state = ?2, value = ?3, expires_at = ?4",
        )
        .bind(key)
        .bind(state.word())
        .bind(state.says())
        .bind(ends as i64)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<State>, QueueError> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT state, value FROM outcomes WHERE key = ?")
                .bind(key)
                .fetch_optional(self.database.pool())
                .await?;
        Ok(found.map(|(state, answer)| match state.as_str() {
            "done" => State::Done(answer),
            "failed" => State::Failed(answer),
            _ => State::Pending,
        }))
    }
}

impl State {
    const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
        }
    }

    fn says(&self) -> &str {
        match self {
            Self::Pending => "",
            Self::Done(text) | Self::Failed(text) => text,
        }
    }
}

/// Begin of the keys of orders.
const ORDER: &str = "order ";

fn shared_key(order: &str) -> String {
    format!("vidaio-result:{order}")
}

fn key_of_order(order: &str) -> String {
    format!("{ORDER}{order}")
}

fn key_of_job(caller: &Address, job: &str) -> String {
    format!("job {caller} {job}")
}
