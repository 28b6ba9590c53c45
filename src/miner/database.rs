//! The database of one miner: everything that must be known after a restart.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::schema::{SchemaError, migrate};

/// Name of the database file in the state directory.
const DATABASE_FILE: &str = "miner.sqlite";
/// Name of the file whose lock keeps a second process out of the state directory.
const LOCK_FILE: &str = "miner.lock";
/// Interval between two checkpoints of the write-ahead log. Our choice: a power cut may lose this much.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);
/// Pages of the write-ahead log, 64 MiB of 4 KiB each, from which on a writer checkpoints it itself, because the
/// task that does so cannot keep up. Our choice.
const AUTOCHECKPOINT_PAGES: &str = "16384";
/// Time for which a query waits for another connection's lock before it fails. Our choice.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections to the database. SQLite has one writer at a time; the others read. Our choice.
const CONNECTIONS: u32 = 4;

/// The database of one miner, which no other process has open.
#[derive(Debug, Clone)]
pub struct Database {
    pool: SqlitePool,
    _checkpoints: std::sync::Arc<DropGuard>,
    _lock: std::sync::Arc<File>,
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// Another process has it open.
    #[error("{}: another vidaio mine is running with it", .0.display())]
    Taken(PathBuf),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Sqlite { path: PathBuf, source: sqlx::Error },
    /// Its tables are of a version that this program does not know.
    #[error("{}: it was written by a later vidaio (its tables are of version {version})", path.display())]
    Later { path: PathBuf, version: i64 },
}

impl Database {
    /// Opens the database in a directory, making both if need be, and keeps every other process out of that
    /// directory. Tables of an earlier version are turned into those of this one.
    ///
    /// # Errors
    /// Another process has it open, it is of a later version, or the system or SQLite refuses.
    pub async fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let file = |path: &Path| {
            let path = path.to_path_buf();
            move |source| DatabaseError::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(file(folder))?;
        let lock_path = folder.join(LOCK_FILE);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(file(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(DatabaseError::Taken(folder.into()));
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(file(&lock_path)(e)),
        }
        let path = folder.join(DATABASE_FILE);
        let sqlite = |source| DatabaseError::Sqlite {
            path: path.clone(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Survives a process that is killed; a machine that loses power may lose the last second.
            .synchronous(SqliteSynchronous::Normal)
            // A checkpoint waits for the disk, and responses wait for what is written before them: it runs beside.
            .pragma("wal_autocheckpoint", AUTOCHECKPOINT_PAGES)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(sqlite)?;
        let mut connection = pool.acquire().await.map_err(sqlite)?;
        let migrated = migrate(&mut connection).await;
        drop(connection);
        if let Err(e) = migrated {
            // Nothing of a database that is not used stays open, its write-ahead log included.
            pool.close().await;
            return Err(match e {
                SchemaError::Later(version) => DatabaseError::Later { path, version },
                SchemaError::Sqlite(source) => DatabaseError::Sqlite { path, source },
            });
        }
        let stop = CancellationToken::new();
        tokio::spawn(checkpoint_until(stop.clone(), pool.clone()));
        Ok(Self {
            pool,
            _checkpoints: std::sync::Arc::new(stop.drop_guard()),
            _lock: std::sync::Arc::new(lock),
        })
    }

    /// The connections to it.
    #[must_use]
    pub const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Closes every connection, which checkpoints the write-ahead log.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Checkpoints the write-ahead log at every interval until `stop`.
async fn checkpoint_until(stop: CancellationToken, pool: SqlitePool) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CHECKPOINT_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
        // A passive checkpoint keeps neither readers nor writers waiting.
        match sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(&pool)
            .await
        {
            Ok(_) => {}
            Err(sqlx::Error::PoolClosed) => return,
            Err(e) => tracing::warn!("the database's log stays long: {e}"),
        }
    }
}
