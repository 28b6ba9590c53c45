//! Deletes objects that are due.

use std::time::Duration;

use object_store::ObjectStoreExt as _;
use object_store::path::Path as ObjectPath;
use tokio_util::sync::CancellationToken;

use super::deletions::{Deletions, PendingDeletions};
use super::error::StorageError;
use super::store::Storage;
use crate::miner::clock::now;
use crate::miner::database::Database;

/// Pause between two sweeps. Our choice.
const SWEEP_INTERVAL: Duration = Duration::from_secs(2);
/// Objects that one sweep deletes at most. Our choice.
const BATCH: u32 = 100;

impl Storage {
    /// Deletes what is due, again and again until `stop`.
    pub async fn sweep_on(self, stop: CancellationToken) {
        loop {
            // A sweep that is cut off is repeated at the next start.
            let swept = tokio::select! {
                swept = self.sweep(now() as u64) => swept,
                () = stop.cancelled() => return,
            };
            if let Err(e) = swept {
                tracing::error!("what is due could not be removed: {e}");
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_INTERVAL) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Deletes what is due at a Unix second. Gives the number of objects that are gone.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub async fn sweep(&self, now: u64) -> Result<usize, StorageError> {
        let mut gone = 0;
        for due in self.deletions.due(now, BATCH).await? {
            match self.delete(&due.name).await {
                Ok(()) => {
                    self.deletions.remove(&due, now).await?;
                    gone += 1;
                    metrics::counter!("vidaio_objects_removed_total").increment(1);
                }
                Err(e) => {
                    self.deletions.postpone(&due, now, &e).await?;
                }
            }
        }
        Ok(gone)
    }

    /// Deletes an object and makes certain that it is gone.
    async fn delete(&self, name: &str) -> Result<(), StorageError> {
        let name = ObjectPath::from(name);
        match self.store.delete(&name).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(e) => return Err(StorageError::of(e)),
        }
        match self.store.head(&name).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Ok(_) => Err(StorageError::Store("it can still be read".into())),
            Err(e) => Err(StorageError::of(e)),
        }
    }

    /// Number of objects that are to be deleted, in every store.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn pending_count(database: &Database) -> Result<u64, sqlx::Error> {
        Deletions::count(database).await
    }

    /// What is still to be deleted at a Unix second, in every store. Objects of a store that the settings no longer
    /// name stay overdue until they name it again.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn pending(&self, now: u64) -> Result<PendingDeletions, StorageError> {
        Ok(self.deletions.pending(now).await?)
    }
}
