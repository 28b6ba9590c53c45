//! The states of jobs, and of which jobs a caller's request consists. Such a request is what the axon calls a job.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::redis::aio::ConnectionManager;
use tokio::sync::Notify;

use super::error::QueueError;
use super::state::JobState;
use crate::address::Address;
use crate::miner::clock::now;
use crate::miner::database::Database;

/// Pause between two reads of a state that is waited for, since another process may write it. Our choice.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Reads and writes the states of jobs.
#[derive(Clone)]
pub struct JobStore {
    database: Database,
    /// Where workers on other machines write how jobs ended.
    shared: Option<ConnectionManager>,
    changed: Arc<Notify>,
}

impl JobStore {
    /// States in a database and, where workers on other machines take part, in the Redis that they share.
    #[must_use]
    pub fn new(database: Database, shared: Option<ConnectionManager>) -> Self {
        Self {
            database,
            shared,
            changed: Arc::new(Notify::new()),
        }
    }

    /// Records a job as pending until its deadline. The record expires later; both times are Unix seconds.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn begin(&self, job: &str, deadline: f64, expires_at: f64) -> Result<(), QueueError> {
        let key = job_key(job);
        self.write(&key, &JobState::Pending, expires_at).await?;
        sqlx::query("UPDATE outcomes SET deadline = ? WHERE key = ?")
            .bind(deadline as i64)
            .bind(&key)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Records how a job ended. The first record of it counts: gives whether this was the first.
    ///
    /// # Errors
    /// The database or Redis cannot be written.
    pub async fn end(
        &self,
        job: &str,
        state: &JobState,
        expires_at: f64,
    ) -> Result<bool, QueueError> {
        let is_first = match &self.shared {
            Some(shared) => {
                let life = (expires_at - now()).max(1.0) as u64;
                let set: Option<String> = ::redis::cmd("SET")
                    .arg(shared_key(job))
                    .arg(serde_json::to_string(state).unwrap_or_default())
                    .arg("NX")
                    .arg("EX")
                    .arg(life)
                    .query_async(&mut shared.clone())
                    .await?;
                set.is_some()
            }
            None => {
                let key = job_key(job);
                let known = self.read(&key).await?;
                let is_first = !known.is_some_and(|state| state.has_ended());
                if is_first {
                    self.write(&key, state, expires_at).await?;
                }
                is_first
            }
        };
        self.changed.notify_waiters();
        Ok(is_first)
    }

    /// The state of a job; nothing if its record has expired.
    ///
    /// # Errors
    /// The database or Redis cannot be read.
    pub async fn state(&self, job: &str) -> Result<Option<JobState>, QueueError> {
        let key = job_key(job);
        let own = self.read(&key).await?;
        let Some(shared) = &self.shared else {
            return Ok(own);
        };
        if own.as_ref().is_some_and(JobState::has_ended) {
            return Ok(own);
        }
        let found: Option<String> = ::redis::cmd("GET")
            .arg(shared_key(job))
            .query_async(&mut shared.clone())
            .await?;
        let Some(ended) = found.and_then(|text| serde_json::from_str::<JobState>(&text).ok())
        else {
            return Ok(own);
        };
        if own.is_some() {
            sqlx::query("UPDATE outcomes SET state = ?, value = ? WHERE key = ?")
                .bind(ended.word())
                .bind(ended.value())
                .bind(&key)
                .execute(self.database.pool())
                .await?;
        }
        Ok(Some(ended))
    }

    /// Waits until a job has ended, or until a time, and gives its state then.
    ///
    /// # Errors
    /// The database or Redis cannot be read.
    pub async fn wait(&self, job: &str, until: Instant) -> Result<JobState, QueueError> {
        loop {
            let changed = self.changed.notified();
            match self.state(job).await? {
                Some(JobState::Pending) => {}
                Some(ended) => return Ok(ended),
                None => return Ok(JobState::Failed("nothing is known of it".into())),
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(JobState::Pending);
            }
            let _either = tokio::time::timeout(left.min(POLL_INTERVAL), changed).await;
        }
    }

    /// Records the jobs of a caller's request, with nothing for a video that is not processed. A request of that
    /// name that the caller has made before stays as it is: gives whether there was none.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn begin_request(
        &self,
        caller: &Address,
        name: &str,
        jobs: &[Option<String>],
        expires_at: f64,
    ) -> Result<bool, QueueError> {
        let jobs = serde_json::to_string(jobs).unwrap_or_default();
        let written = sqlx::query(
            "INSERT INTO outcomes (key, caller, state, value, expires_at) VALUES (?, ?, 'job', ?, ?)
             ON CONFLICT (key) DO NOTHING",
        )
        .bind(request_key(caller, name))
        .bind(caller.to_string())
        .bind(jobs)
        .bind(expires_at as i64)
        .execute(self.database.pool())
        .await?;
        Ok(written.rows_affected() == 1)
    }

    /// The states of the jobs of a caller's request, in its order; nothing if the caller has made no such request.
    ///
    /// # Errors
    /// The database or Redis cannot be read.
    pub async fn request(
        &self,
        caller: &Address,
        name: &str,
    ) -> Result<Option<Vec<JobState>>, QueueError> {
        let found: Option<String> = sqlx::query_scalar("SELECT value FROM outcomes WHERE key = ?")
            .bind(request_key(caller, name))
            .fetch_optional(self.database.pool())
            .await?;
        let Some(jobs) = found else {
            return Ok(None);
        };
        let jobs: Vec<Option<String>> = serde_json::from_str(&jobs).unwrap_or_default();
        let mut states = Vec::with_capacity(jobs.len());
        for job in jobs {
            let known = match job {
                Some(job) => self.state(&job).await?,
                None => None,
            };
            states.push(known.unwrap_or_else(|| JobState::Failed("it was not begun".into())));
        }
        Ok(Some(states))
    }

    /// Deletes the records that have expired at a time in Unix seconds.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn delete_expired(&self, now: f64) -> Result<(), QueueError> {
        sqlx::query("DELETE FROM outcomes WHERE expires_at <= ?")
            .bind(now as i64)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Number of jobs that are pending at a time in Unix seconds.
    ///
    /// # Errors
    /// The database or Redis cannot be read.
    pub async fn pending_count(&self, now: f64) -> Result<u64, QueueError> {
        let pending: Vec<String> =
            sqlx::query_scalar("SELECT key FROM outcomes WHERE state = 'pending' AND deadline > ?")
                .bind(now as i64)
                .fetch_all(self.database.pool())
                .await?;
        if self.shared.is_none() {
            return Ok(pending.len() as u64);
        }
        // Workers on other machines write to Redis alone.
        let mut count = 0;
        for key in &pending {
            let job = key.strip_prefix(JOB_PREFIX).unwrap_or(key);
            count += u64::from(self.state(job).await? == Some(JobState::Pending));
        }
        Ok(count)
    }

    async fn write(&self, key: &str, state: &JobState, expires_at: f64) -> Result<(), QueueError> {
        sqlx::query(
            "INSERT INTO outcomes (key, caller, state, value, expires_at) VALUES (?1, '', ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET state = ?2, value = ?3, expires_at = ?4",
        )
        .bind(key)
        .bind(state.word())
        .bind(state.value())
        .bind(expires_at as i64)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    async fn read(&self, key: &str) -> Result<Option<JobState>, QueueError> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT state, value FROM outcomes WHERE key = ?")
                .bind(key)
                .fetch_optional(self.database.pool())
                .await?;
        Ok(found.map(|(state, value)| match state.as_str() {
            "done" => JobState::Done(value),
            "failed" => JobState::Failed(value),
            _ => JobState::Pending,
        }))
    }
}

/// Start of the keys of jobs in the database.
const JOB_PREFIX: &str = "order ";

fn job_key(job: &str) -> String {
    format!("{JOB_PREFIX}{job}")
}

fn request_key(caller: &Address, name: &str) -> String {
    format!("job {caller} {name}")
}

fn shared_key(job: &str) -> String {
    format!("vidaio-result:{job}")
}
