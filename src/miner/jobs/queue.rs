//! The queue of jobs: a table of the miner's own database, or a Redis that several machines share.

use std::collections::HashSet;

use ::redis::aio::ConnectionManager;

use super::error::QueueError;
use super::job::Job;
use super::redis::SharedQueue;
use crate::miner::database::Database;

/// The queue of jobs. A job that was taken stays in it until it has ended, so that no dead process loses one.
#[derive(Clone)]
pub enum Queue {
    /// In the miner's own database: the job of the caller with the highest stake comes first.
    Own(Database),
    /// In a Redis that several machines share: jobs come in the order of their arrival.
    Redis(SharedQueue),
}

impl Queue {
    /// The queue in the miner's own database. Jobs that an earlier process had taken are handed out again: no other
    /// process has this database open. A job is not begun after its deadline.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn own(database: &Database) -> Result<Self, QueueError> {
        let release = sqlx::query("UPDATE queue SET taken = 0");
        release.execute(database.pool()).await?;
        Ok(Self::Own(database.clone()))
    }

    /// The queue in a Redis.
    #[must_use]
    pub fn redis(connection: ConnectionManager) -> Self {
        Self::Redis(SharedQueue::new(connection))
    }

    /// Adds a job.
    ///
    /// # Errors
    /// The database or Redis cannot be written.
    pub async fn push(&self, job: &Job) -> Result<(), QueueError> {
        let text = serde_json::to_string(job)?;
        match self {
            Self::Own(database) => {
                sqlx::query("INSERT INTO queue (stake, job) VALUES (?, ?)")
                    .bind(i64::try_from(job.stake).unwrap_or(i64::MAX))
                    .bind(text)
                    .execute(database.pool())
                    .await?;
            }
            Self::Redis(shared) => shared.push(&text).await?,
        }
        Ok(())
    }

    /// Takes the next job and gives its text as it is stored.
    ///
    /// # Errors
    /// The database or Redis cannot be written.
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

    /// Removes a job that has ended, by its text as it is stored.
    ///
    /// # Errors
    /// The database or Redis cannot be written.
    pub async fn remove(&self, text: &str) -> Result<(), QueueError> {
        match self {
            Self::Own(database) => {
                let delete = sqlx::query("DELETE FROM queue WHERE job = ?").bind(text);
                delete.execute(database.pool()).await?;
                Ok(())
            }
            Self::Redis(shared) => shared.remove(text).await,
        }
    }

    /// Puts back jobs that this worker holds in Redis but is not working on, since the reply by which it took them
    /// was lost.
    ///
    /// # Errors
    /// Redis cannot be written.
    pub async fn put_back_lost(&self, under_way: &HashSet<String>) -> Result<(), QueueError> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Redis(shared) => shared.put_back_lost(under_way).await,
        }
    }
}
