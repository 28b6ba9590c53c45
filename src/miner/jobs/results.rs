//! What became of orders, and which of them make up a caller's job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

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
#[derive(Debug, Clone)]
pub struct Results {
    database: Database,
    changed: Arc<Notify>,
}

impl Results {
    /// In a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            changed: Arc::new(Notify::new()),
        }
    }

    /// Begins to wait for an order, which is forgotten at a time in Unix seconds.
    ///
    /// # Errors
    /// The database.
    pub async fn begin(&self, order: &str, ends: f64) -> Result<(), sqlx::Error> {
        self.write(&key_of_order(order), "", &State::Pending, ends)
            .await
    }

    /// Writes down what became of an order. The first word counts.
    ///
    /// # Errors
    /// The database.
    pub async fn end(&self, order: &str, state: &State, ends: f64) -> Result<(), sqlx::Error> {
        let key = key_of_order(order);
        match self.read(&key).await? {
            Some((_, State::Done(_) | State::Failed(_))) => {}
            _ => self.write(&key, "", state, ends).await?,
        }
        self.changed.notify_waiters();
        Ok(())
    }

    /// How an order stands; nothing is known of one that was forgotten.
    ///
    /// # Errors
    /// The database.
    pub async fn state(&self, order: &str) -> Result<Option<State>, sqlx::Error> {
        let found = self.read(&key_of_order(order)).await?;
        Ok(found.map(|(_, state)| state))
    }

    /// Waits until an order has ended, or a time has come.
    ///
    /// # Errors
    /// The database.
    pub async fn wait(&self, order: &str, until: Instant) -> Result<State, sqlx::Error> {
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
    ) -> Result<bool, sqlx::Error> {
        let answer = serde_json::to_string(orders).unwrap_or_default();
        let written = sqlx::query(
            "INSERT INTO jobs (name, caller, state, answer, ends) VALUES (?, ?, 'job', ?, ?)
             ON CONFLICT (name) DO NOTHING",
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
    pub async fn job(
        &self,
        caller: &Address,
        job: &str,
    ) -> Result<Option<Vec<State>>, sqlx::Error> {
        let found: Option<String> = sqlx::query_scalar("SELECT answer FROM jobs WHERE name = ?")
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
    pub async fn forget(&self, now: f64) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM jobs WHERE ends <= ?")
            .bind(now as i64)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Orders that are waited for.
    ///
    /// # Errors
    /// The database.
    pub async fn waited_for(&self) -> Result<u64, sqlx::Error> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE state = 'pending'")
            .fetch_one(self.database.pool())
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn write(
        &self,
        key: &str,
        caller: &str,
        state: &State,
        ends: f64,
    ) -> Result<(), sqlx::Error> {
        let (word, says) = match state {
            State::Pending => ("pending", ""),
            State::Done(url) => ("done", url.as_str()),
            State::Failed(why) => ("failed", why.as_str()),
        };
        sqlx::query(
            "INSERT INTO jobs (name, caller, state, answer, ends) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO UPDATE SET state = ?3, answer = ?4, ends = ?5",
        )
        .bind(key)
        .bind(caller)
        .bind(word)
        .bind(says)
        .bind(ends as i64)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<(String, State)>, sqlx::Error> {
        let found: Option<(String, String, String)> =
            sqlx::query_as("SELECT caller, state, answer FROM jobs WHERE name = ?")
                .bind(key)
                .fetch_optional(self.database.pool())
                .await?;
        Ok(found.map(|(caller, state, answer)| {
            let state = match state.as_str() {
                "done" => State::Done(answer),
                "failed" => State::Failed(answer),
                _ => State::Pending,
            };
            (caller, state)
        }))
    }
}

fn key_of_order(order: &str) -> String {
    format!("order {order}")
}

fn key_of_job(caller: &Address, job: &str) -> String {
    format!("job {caller} {job}")
}
