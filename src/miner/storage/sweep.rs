//! Ends of objects: written down first, kept until the object is certainly gone.

use std::time::Duration;

use object_store::ObjectStoreExt as _;
use object_store::path::Path as Name;
use tokio_util::sync::CancellationToken;

use super::store::{Storage, StorageError};
use crate::miner::database::Database;

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Objects that go in one look.
const AT_ONCE: u32 = 100;
/// Seconds before the second attempt; they double from attempt to attempt.
const AGAIN: u64 = 5;
/// Most seconds between two attempts.
const LONGEST: u64 = 1800;

/// What is still to go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pending {
    /// Objects there may be.
    pub objects: u64,
    /// Of those, whose end has come, and who could not be removed yet.
    pub overdue: u64,
    /// Why the one that was tried last is still there.
    pub why: Option<String>,
}

impl Storage {
    /// Writes down when an object goes.
    pub(super) async fn promise(&self, name: &str, ends: u64) -> Result<(), sqlx::Error> {
        let ends = i64::try_from(ends).unwrap_or(i64::MAX);
        sqlx::query(
            "INSERT INTO objects (store, name, delete_at, next_attempt) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (store, name) DO UPDATE SET delete_at = ?3, next_attempt = ?3",
        )
        .bind(self.place())
        .bind(name)
        .bind(ends)
        .execute(self.database().pool())
        .await?;
        Ok(())
    }

    /// Removes what is due for as long as the miner runs.
    pub async fn sweep_on(self, stop: CancellationToken) {
        loop {
            // A removal that is broken off is done again at the next start.
            let swept = tokio::select! {
                swept = self.sweep(crate::miner::now() as u64) => swept,
                () = stop.cancelled() => return,
            };
            if let Err(e) = swept {
                tracing::error!("what is due could not be removed: {e}");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Removes what is due at a time, in Unix seconds. Gives how many are gone.
    ///
    /// # Errors
    /// The database.
    pub async fn sweep(&self, now: u64) -> Result<usize, StorageError> {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let due: Vec<(String, i64)> = sqlx::query_as(
            "SELECT name, attempts FROM objects
             WHERE store = ?3 AND delete_at <= ?1 AND next_attempt <= ?1 LIMIT ?2",
        )
        .bind(now)
        .bind(AT_ONCE)
        .bind(self.place())
        .fetch_all(self.database().pool())
        .await?;
        let mut gone = 0;
        for (name, tried) in due {
            match self.remove(&name).await {
                Ok(()) => {
                    sqlx::query(
                        "DELETE FROM objects WHERE store = ? AND name = ? AND delete_at <= ?",
                    )
                    .bind(self.place())
                    .bind(&name)
                    .bind(now)
                    .execute(self.database().pool())
                    .await?;
                    gone += 1;
                    metrics::counter!("vidaio_objects_removed_total").increment(1);
                }
                Err(e) => {
                    let tried = u32::try_from(tried).unwrap_or(u32::MAX);
                    let wait = AGAIN.saturating_mul(1 << tried.min(16)).min(LONGEST);
                    tracing::warn!("{name} is still there, again in {wait} s: {e}");
                    sqlx::query(
                        "UPDATE objects SET attempts = attempts + 1, next_attempt = ?, last_error = ?
                         WHERE store = ? AND name = ?",
                    )
                    .bind(now.saturating_add(i64::try_from(wait).unwrap_or(0)))
                    .bind(e.to_string())
                    .bind(self.place())
                    .bind(&name)
                    .execute(self.database().pool())
                    .await?;
                }
            }
        }
        Ok(gone)
    }

    /// Removes an object and makes certain that it is gone.
    async fn remove(&self, name: &str) -> Result<(), StorageError> {
        let name = Name::from(name);
        match self.store().delete(&name).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(StorageError::of(e)),
        }
        match self.store().head(&name).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Ok(_) => Err(StorageError::Store("it can still be read".into())),
            Err(e) => Err(StorageError::of(e)),
        }
    }

    /// How many objects are still to go, wherever they lie.
    ///
    /// # Errors
    /// The database.
    pub async fn promised(database: &Database) -> Result<u64, sqlx::Error> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM objects")
            .fetch_one(database.pool())
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What is still to go at a time, in Unix seconds; objects in a place that the settings no longer name
    /// are overdue for as long as they do not.
    ///
    /// # Errors
    /// The database.
    pub async fn pending(&self, now: u64) -> Result<Pending, StorageError> {
        let (objects, overdue, why): (i64, i64, Option<String>) = sqlx::query_as(
            "SELECT COUNT(*), COALESCE(SUM(delete_at <= ?1), 0),
                    (SELECT last_error FROM objects WHERE delete_at <= ?1 AND last_error IS NOT NULL
                     ORDER BY next_attempt DESC LIMIT 1)
             FROM objects",
        )
        .bind(i64::try_from(now).unwrap_or(i64::MAX))
        .fetch_one(self.database().pool())
        .await?;
        Ok(Pending {
            objects: u64::try_from(objects).unwrap_or(0),
            overdue: u64::try_from(overdue).unwrap_or(0),
            why,
        })
    }
}
