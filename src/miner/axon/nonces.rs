//! Stores nonces before the requests that carry them are processed, many in one transaction.

use tokio::sync::{mpsc, oneshot};

use super::memory::NonceMemory;
use crate::miner::database::Database;

/// Nonces that wait for a transaction, and that one transaction stores. Our choice.
const BATCH: usize = 512;
/// Nanoseconds in a second.
const NANOS: i64 = 1_000_000_000;
/// Age in seconds at which a nonce is refused whatever the timeout, as [`NonceMemory`] counts.
const MAX_AGE: i64 = 605;

/// A nonce that waits to be stored.
struct PendingNonce {
    hotkey: String,
    uuid: String,
    nonce: u64,
    done: oneshot::Sender<bool>,
}

/// Stores nonces in the database.
#[derive(Clone)]
pub struct NonceLog {
    pending: mpsc::Sender<PendingNonce>,
}

/// A nonce that could not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database does not take it")]
pub struct NonceNotStored;

impl NonceLog {
    /// Reads the nonces that were stored before a restart, and starts to store new ones. The time is in Unix seconds.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open(database: Database, now: f64) -> Result<(Self, NonceMemory), sqlx::Error> {
        Self::delete_expired(&database, now).await?;
        let stored: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT hotkey, uuid, nonce FROM nonces WHERE protocol = 'axon'")
                .fetch_all(database.pool())
                .await?;
        let mut memory = NonceMemory::default();
        for (hotkey, uuid, nonce) in stored {
            memory.put(&hotkey, &uuid, u64::try_from(nonce).unwrap_or(0));
        }
        let (sender, receiver) = mpsc::channel(BATCH);
        tokio::spawn(store_on(database, receiver));
        Ok((Self { pending: sender }, memory))
    }

    /// Deletes nonces that are refused for their age at a time in Unix seconds.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn delete_expired(database: &Database, now: f64) -> Result<(), sqlx::Error> {
        let oldest = (now as i64 - MAX_AGE).saturating_mul(NANOS);
        sqlx::query("DELETE FROM nonces WHERE protocol = 'axon' AND nonce <= ?")
            .bind(oldest)
            .execute(database.pool())
            .await?;
        Ok(())
    }

    /// Stores a nonce, and returns when it is stored.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn store(
        &self,
        hotkey: String,
        uuid: String,
        nonce: u64,
    ) -> Result<(), NonceNotStored> {
        let (done, written) = oneshot::channel();
        let pending = PendingNonce {
            hotkey,
            uuid,
            nonce,
            done,
        };
        self.pending
            .send(pending)
            .await
            .map_err(|_| NonceNotStored)?;
        match written.await {
            Ok(true) => Ok(()),
            _ => Err(NonceNotStored),
        }
    }
}

async fn store_on(database: Database, mut pending: mpsc::Receiver<PendingNonce>) {
    let mut batch = Vec::with_capacity(BATCH);
    while pending.recv_many(&mut batch, BATCH).await > 0 {
        let written = write(&database, &batch).await;
        if let Err(e) = &written {
            tracing::error!("nonces cannot be written down: {e}");
        }
        for nonce in batch.drain(..) {
            // Whoever waits for it may have been dropped.
            let _dropped = nonce.done.send(written.is_ok());
        }
    }
}

async fn write(database: &Database, batch: &[PendingNonce]) -> Result<(), sqlx::Error> {
    let mut transaction = database.pool().begin().await?;
    for pending in batch {
        sqlx::query(
            "INSERT INTO nonces (protocol, hotkey, uuid, nonce) VALUES ('axon', ?1, ?2, ?3)
             ON CONFLICT (protocol, hotkey, uuid) DO UPDATE SET nonce = MAX(nonce, ?3)",
        )
        .bind(&pending.hotkey)
        .bind(&pending.uuid)
        .bind(i64::try_from(pending.nonce).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await
}
