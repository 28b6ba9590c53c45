//! The database of one miner: what must be known after a restart.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio_util::sync::{CancellationToken, DropGuard};

/// File of the database in the folder of the state.
const NAME: &str = "miner.sqlite";
/// Time between two moves of what was written from the log into the database itself.
const MOVED: Duration = Duration::from_secs(1);
/// Pages of the log at which whoever writes moves them itself, since the moves do not keep up.
const LONGEST_LOG: &str = "16384";
/// What keeps a second process out.
const LOCK: &str = "miner.lock";
/// Tables as of the first version; later ones add to them.
const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS nonces (
        protocol TEXT NOT NULL, hotkey TEXT NOT NULL, nonce TEXT NOT NULL, ends INTEGER NOT NULL,
        PRIMARY KEY (protocol, hotkey, nonce)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS objects (
        place TEXT NOT NULL, name TEXT NOT NULL, ends INTEGER NOT NULL, next INTEGER NOT NULL,
        tried INTEGER NOT NULL DEFAULT 0, why TEXT, PRIMARY KEY (place, name)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS outcomes (
        name TEXT PRIMARY KEY, caller TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL,
        ends INTEGER NOT NULL, until INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS queue (
        number INTEGER PRIMARY KEY, stake INTEGER NOT NULL, record TEXT NOT NULL UNIQUE,
        taken INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS served (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, record TEXT NOT NULL)",
];

/// The database of one miner, which nobody else has open.
#[derive(Debug, Clone)]
pub struct Database {
    pool: SqlitePool,
    _moving: std::sync::Arc<DropGuard>,
    _lock: std::sync::Arc<File>,
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// Another process has it.
    #[error("{}: another vidaio mine is running with it", .0.display())]
    Taken(PathBuf),
    /// A file that cannot be had.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
}

impl Database {
    /// Opens or makes the database in a folder, and keeps every other process out of that folder.
    ///
    /// # Errors
    /// Another process, or anything from the system.
    pub async fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let file = |path: &Path| {
            let path = path.to_path_buf();
            move |source| DatabaseError::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(file(folder))?;
        let lock_path = folder.join(LOCK);
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
        let path = folder.join(NAME);
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
            // A move waits for the disk, and answers wait for what is written before them: it happens beside.
            .pragma("wal_autocheckpoint", LONGEST_LOG)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .map_err(sqlite)?;
        for table in TABLES {
            sqlx::query(*table).execute(&pool).await.map_err(sqlite)?;
        }
        let stop = CancellationToken::new();
        tokio::spawn(move_on(pool.clone(), stop.clone()));
        Ok(Self {
            pool,
            _moving: std::sync::Arc::new(stop.drop_guard()),
            _lock: std::sync::Arc::new(lock),
        })
    }

    /// For queries.
    #[must_use]
    pub const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Writes everything down and lets go of the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Moves what was written from the log into the database for as long as anybody has it open.
async fn move_on(pool: SqlitePool, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(MOVED) => {}
            () = stop.cancelled() => return,
        }
        // One that keeps nobody waiting, neither who reads nor who writes.
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
