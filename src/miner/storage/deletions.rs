//! The schedule of deletions: written before an object is, and kept until the object is certainly deleted.

use super::error::StorageError;
use crate::miner::database::Database;

/// Seconds until the second attempt at a deletion; they double with every attempt. Our choice.
const FIRST_PAUSE: u64 = 5;
/// Largest number of seconds between two attempts. Our choice.
const LONGEST_PAUSE: u64 = 1800;

/// Deletions that are still to be made, in every store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PendingDeletions {
    /// Objects that may exist.
    pub objects: u64,
    /// Those of them that are due, and could not be deleted yet.
    pub overdue: u64,
    /// Why the last attempt at one of these failed.
    pub last_error: Option<String>,
}

/// A deletion that is due.
pub(super) struct DueDeletion {
    pub(super) name: String,
    /// Attempts that failed.
    attempts: u32,
}

/// The schedule for the objects of one store.
#[derive(Clone)]
pub(super) struct Deletions {
    database: Database,
    /// Identifies the store in the database.
    store: String,
}

impl Deletions {
    pub(super) const fn new(database: Database, store: String) -> Self {
        Self { database, store }
    }

    /// Schedules the deletion of an object at a Unix second, or moves it there.
    pub(super) async fn schedule(&self, name: &str, delete_at: u64) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO objects (store, name, delete_at, next_attempt) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (store, name) DO UPDATE SET delete_at = ?3, next_attempt = ?3",
        )
        .bind(&self.store)
        .bind(name)
        .bind(signed(delete_at))
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    /// Up to so many deletions that are due at a Unix second and not waiting for another attempt.
    pub(super) async fn due(&self, now: u64, most: u32) -> Result<Vec<DueDeletion>, sqlx::Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT name, attempts FROM objects
             WHERE store = ?3 AND delete_at <= ?1 AND next_attempt <= ?1 LIMIT ?2",
        )
        .bind(signed(now))
        .bind(most)
        .bind(&self.store)
        .fetch_all(self.database.pool())
        .await?;
        let due = rows.into_iter().map(|(name, attempts)| DueDeletion {
            name,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        });
        Ok(due.collect())
    }

    /// Removes a deletion that was made, unless it has been moved beyond that Unix second meanwhile.
    pub(super) async fn remove(&self, due: &DueDeletion, now: u64) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM objects WHERE store = ? AND name = ? AND delete_at <= ?")
            .bind(&self.store)
            .bind(&due.name)
            .bind(signed(now))
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    /// Records a failed attempt and schedules the next one.
    pub(super) async fn postpone(
        &self,
        due: &DueDeletion,
        now: u64,
        why: &StorageError,
    ) -> Result<(), sqlx::Error> {
        let pause = FIRST_PAUSE.saturating_mul(1 << due.attempts.min(16));
        let pause = pause.min(LONGEST_PAUSE);
        tracing::warn!("{} is still there, again in {pause} s: {why}", due.name);
        sqlx::query(
            "UPDATE objects SET attempts = attempts + 1, next_attempt = ?, last_error = ?
             WHERE store = ? AND name = ?",
        )
        .bind(signed(now.saturating_add(pause)))
        .bind(why.to_string())
        .bind(&self.store)
        .bind(&due.name)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    /// Number of objects that are to be deleted, in every store.
    pub(super) async fn count(database: &Database) -> Result<u64, sqlx::Error> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM objects")
            .fetch_one(database.pool())
            .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What is still to be deleted at a Unix second, in every store. Objects of a store that the settings no longer
    /// name stay overdue until they name it again.
    pub(super) async fn pending(&self, now: u64) -> Result<PendingDeletions, sqlx::Error> {
        let (objects, overdue, last_error): (i64, i64, Option<String>) = sqlx::query_as(
            "SELECT COUNT(*), COALESCE(SUM(delete_at <= ?1), 0),
                    (SELECT last_error FROM objects WHERE delete_at <= ?1 AND last_error IS NOT NULL
                     ORDER BY next_attempt DESC LIMIT 1)
             FROM objects",
        )
        .bind(signed(now))
        .fetch_one(self.database.pool())
        .await?;
        Ok(PendingDeletions {
            objects: u64::try_from(objects).unwrap_or(0),
            overdue: u64::try_from(overdue).unwrap_or(0),
            last_error,
        })
    }
}

/// SQLite's integers are signed.
fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
