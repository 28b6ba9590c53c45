//! The tables of `miner.sqlite` and the migration from older versions.

use sqlx::{Connection as _, Sqlite, SqliteConnection, Transaction};

/// Version of the tables below, which the database keeps in `PRAGMA user_version`. Increased with every change of
/// a table that exists, together with a step in [`migrate`].
const VERSION: i64 = 1;

const TABLES: &[&str] = &[
    // The newest nonce of every client object of the axon: nanoseconds since 1970 by the client's clock, as the
    // client signed it. A client object is known by its hotkey and its UUID.
    "CREATE TABLE IF NOT EXISTS nonces (
        protocol TEXT NOT NULL, hotkey TEXT NOT NULL, uuid TEXT NOT NULL, nonce INTEGER NOT NULL,
        PRIMARY KEY (protocol, hotkey, uuid)) WITHOUT ROWID",
    // Objects that are to be deleted, in whichever store they are. Both times are Unix seconds: when an object is
    // due, and when its deletion is tried next.
    "CREATE TABLE IF NOT EXISTS objects (
        store TEXT NOT NULL, name TEXT NOT NULL, delete_at INTEGER NOT NULL, next_attempt INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT, PRIMARY KEY (store, name)) WITHOUT ROWID",
    // States of jobs, and under other keys which jobs a caller's request consists of. `value` is the URL of a job
    // that is done, the reason of one that failed, or a JSON list of the jobs of a request. `deadline` is the Unix
    // second up to which a job counts as pending, `expires_at` that from which the row may be deleted.
    "CREATE TABLE IF NOT EXISTS outcomes (
        key TEXT PRIMARY KEY, caller TEXT NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL,
        expires_at INTEGER NOT NULL, deadline INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    // Jobs that have not ended, as JSON. `taken` is 1 from the moment a worker has one.
    "CREATE TABLE IF NOT EXISTS queue (
        number INTEGER PRIMARY KEY, stake INTEGER NOT NULL, job TEXT NOT NULL UNIQUE,
        taken INTEGER NOT NULL DEFAULT 0)",
    // The last requests, as JSON, with the Unix second at which each ended.
    "CREATE TABLE IF NOT EXISTS requests (
        id INTEGER PRIMARY KEY, ended_at REAL NOT NULL, record TEXT NOT NULL)",
];

/// From version 0, whose columns were not called what they hold: the column `nonce` held the UUID. Each step with
/// the table that it changes, in an order in which no name is taken twice.
const FROM_VERSION_0: &[(&str, &str)] = &[
    ("nonces", "ALTER TABLE nonces RENAME COLUMN nonce TO uuid"),
    ("nonces", "ALTER TABLE nonces RENAME COLUMN ends TO nonce"),
    (
        "objects",
        "ALTER TABLE objects RENAME COLUMN place TO store",
    ),
    (
        "objects",
        "ALTER TABLE objects RENAME COLUMN ends TO delete_at",
    ),
    (
        "objects",
        "ALTER TABLE objects RENAME COLUMN next TO next_attempt",
    ),
    (
        "objects",
        "ALTER TABLE objects RENAME COLUMN tried TO attempts",
    ),
    (
        "objects",
        "ALTER TABLE objects RENAME COLUMN why TO last_error",
    ),
    ("outcomes", "ALTER TABLE outcomes RENAME COLUMN name TO key"),
    (
        "outcomes",
        "ALTER TABLE outcomes RENAME COLUMN answer TO value",
    ),
    (
        "outcomes",
        "ALTER TABLE outcomes RENAME COLUMN ends TO expires_at",
    ),
    (
        "outcomes",
        "ALTER TABLE outcomes RENAME COLUMN until TO deadline",
    ),
    ("queue", "ALTER TABLE queue RENAME COLUMN record TO job"),
    ("served", "ALTER TABLE served RENAME COLUMN at TO ended_at"),
    ("served", "ALTER TABLE served RENAME TO requests"),
];

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    #[error("tables of version {0}, of which this program knows those up to {VERSION}")]
    Later(i64),
    #[error("{0}")]
    Sqlite(#[from] sqlx::Error),
}

/// Makes the tables, or turns those of an earlier version into them: all of it or, after an error, nothing.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), SchemaError> {
    let mut all = connection.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *all)
        .await?;
    if version > VERSION {
        return Err(SchemaError::Later(version));
    }
    if version < 1 {
        rename_columns(&mut all).await?;
    }
    for table in TABLES {
        sqlx::query(*table).execute(&mut *all).await?;
    }
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "PRAGMA user_version = {VERSION}"
    )))
    .execute(&mut *all)
    .await?;
    all.commit().await?;
    Ok(())
}

/// A new database has no table yet, and one whose first start was cut off may lack some.
async fn rename_columns(all: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&mut **all)
            .await?;
    for (table, step) in FROM_VERSION_0 {
        if tables.iter().any(|name| name == table) {
            sqlx::query(*step).execute(&mut **all).await?;
        }
    }
    Ok(())
}
