//! Writes nonces down before anything is done for them, many in one transaction.

use tokio::sync::{mpsc, oneshot};

use super::axon::NonceMemory;
use super::database::Database;

/// Nonces that wait for a transaction, and that one takes.
const AT_ONCE: usize = 512;
/// Nanoseconds of a second.
const NANOS: i64 = 1_000_000_000;
/// Seconds after which a nonce is refused for its age.
const KEPT: i64 = 605;

/// One nonce on its way to the disk.
struct Entry {
    hotkey: String,
    uuid: String,
    nonce: u64,
    done: oneshot::Sender<bool>,
}

/// Who writes them down.
#[derive(Clone)]
pub struct Nonces {
    entries: mpsc::Sender<Entry>,
}

/// A nonce that is not written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database does not take it")]
pub struct NotKept;

impl Nonces {
    /// Reads what was remembered, and begins to write.
    ///
    /// # Errors
    /// The database.
    pub async fn open(database: Database, now: f64) -> Result<(Self, NonceMemory), sqlx::Error> {
        Self::forget(&database, now).await?;
        let kept: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT hotkey, uuid, nonce FROM nonces WHERE protocol = 'axon'")
                .fetch_all(database.pool())
                .await?;
        let mut memory = NonceMemory::default();
        for (hotkey, uuid, nonce) in kept {
            memory.put(&hotkey, &uuid, u64::try_from(nonce).unwrap_or(0));
        }
        let (sender, receiver) = mpsc::channel(AT_ONCE);
        tokio::spawn(write_on(database, receiver));
        Ok((Self { entries: sender }, memory))
    }

    /// Forgets those that are refused for their age alone at a time, in Unix seconds.
    ///
    /// # Errors
    /// The database.
    pub async fn forget(database: &Database, now: f64) -> Result<(), sqlx::Error> {
        let oldest = (now as i64 - KEPT).saturating_mul(NANOS);
        sqlx::query("DELETE FROM nonces WHERE protocol = 'axon' AND nonce <= ?")
            .bind(oldest)
            .execute(database.pool())
            .await?;
        Ok(())
    }

    /// Writes one down.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn keep(&self, hotkey: String, uuid: String, nonce: u64) -> Result<(), NotKept> {
        let (done, written) = oneshot::channel();
        let entry = Entry {
            hotkey,
            uuid,
            nonce,
            done,
        };
        self.entries.send(entry).await.map_err(|_| NotKept)?;
        match written.await {
            Ok(true) => Ok(()),
            _ => Err(NotKept),
        }
    }
}

async fn write_on(database: Database, mut entries: mpsc::Receiver<Entry>) {
    let mut batch = Vec::with_capacity(AT_ONCE);
    while entries.recv_many(&mut batch, AT_ONCE).await > 0 {
        let written = write(&database, &batch).await;
        if let Err(e) = &written {
            tracing::error!("nonces cannot be written down: {e}");
        }
        for entry in batch.drain(..) {
            // Who asked may have gone.
            let _gone = entry.done.send(written.is_ok());
        }
    }
}

async fn write(database: &Database, batch: &[Entry]) -> Result<(), sqlx::Error> {
    let mut all = database.pool().begin().await?;
    for entry in batch {
        sqlx::query(
            "INSERT INTO nonces (protocol, hotkey, uuid, nonce) VALUES ('axon', ?1, ?2, ?3)
             ON CONFLICT (protocol, hotkey, uuid) DO UPDATE SET nonce = MAX(nonce, ?3)",
        )
        .bind(&entry.hotkey)
        .bind(&entry.uuid)
        .bind(i64::try_from(entry.nonce).unwrap_or(i64::MAX))
        .execute(&mut *all)
        .await?;
    }
    all.commit().await
}
