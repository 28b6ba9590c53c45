//! The miner's database: one that an earlier version wrote is read, one of a later version is left alone.

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};
use vidaio::address::Address;
use vidaio::miner::axon::{NonceLog, NonceMemory};
use vidaio::miner::jobs::{Job, JobState, JobStore, Queue};
use vidaio::miner::storage::Storage;
use vidaio::miner::{Database, RequestLog, RequestOutcome};

use super::storage::{HOUR, block_on};

/// The statements of version 0, as `src/miner/database.rs` had them.
const VERSION_0: &[&str] = &[
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

/// A second of 2027, as every row has it.
const NOW: u64 = 1_800_000_000;
const CALLER: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const JOB: &str = r#"{"id":"j1","work":{"task":"upscale","scale":"two","size":null},"url":"http://127.0.0.1:1/a.mp4","until":1800000060.0,"stake":7,"caller":"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty","name":"round"}"#;
const RECORD: &str = r#"{"at":1800000000.5,"protocol":"axon","validator":"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty","task":"compression","name":"round","outcome":"delivered","reason":"delivered","score":0.5,"vmaf":90.25,"threshold":89.0,"bytes":[1000,100],"seconds":2.5,"by":"svt-av1","device":"cpu","rules":"next"}"#;

async fn open(folder: &Path) -> SqliteConnection {
    let path = folder.join("miner.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// A database of version 0 with a row or two in every table.
async fn write_version_0(folder: &Path) {
    let mut sqlite = open(folder).await;
    for table in VERSION_0 {
        sqlx::query(*table).execute(&mut sqlite).await.unwrap();
    }
    let nonce = (NOW * 1_000_000_000).to_string();
    for row in [
        format!("INSERT INTO nonces VALUES ('axon', '{CALLER}', 'client-1', {nonce})"),
        format!(
            "INSERT INTO objects VALUES ('objects', 'due.mp4', {NOW}, {NOW}, 3, 'the disk is away')"
        ),
        format!(
            "INSERT INTO objects VALUES ('objects', 'kept.mp4', {0}, {0}, 0, NULL)",
            NOW + 60
        ),
        format!(
            "INSERT INTO outcomes VALUES ('order j1', '', 'pending', '', {0}, {0})",
            NOW + 60
        ),
        format!(
            "INSERT INTO outcomes VALUES ('order j2', '', 'done', 'http://a/b', {}, 0)",
            NOW + 60
        ),
        format!("INSERT INTO outcomes VALUES ('order j3', '', 'failed', 'no video', {NOW}, 0)"),
        format!(
            "INSERT INTO outcomes VALUES ('job {CALLER} asked', '{CALLER}', 'job', '[\"j2\",null]', {}, 0)",
            NOW + 60
        ),
        format!("INSERT INTO queue (stake, record, taken) VALUES (7, '{JOB}', 1)"),
        format!("INSERT INTO served (at, record) VALUES ({NOW}.5, '{RECORD}')"),
    ] {
        let row = sqlx::AssertSqlSafe(row);
        sqlx::query(row).execute(&mut sqlite).await.unwrap();
    }
    sqlite.close().await.unwrap();
}

/// Everything that the rows of version 0 say, read through this version's types.
async fn read_all(folder: &Path, database: Database) {
    let now = NOW as f64;
    let caller: Address = CALLER.parse().unwrap();
    let (_nonces, mut memory): (NonceLog, NonceMemory) =
        NonceLog::open(database.clone(), now).await.unwrap();
    let nanos = NOW * 1_000_000_000;
    assert_eq!(memory.len(), 1);
    assert!(memory.claim(CALLER, "client-1", nanos, nanos).is_err());
    memory.claim(CALLER, "client-1", nanos + 1, nanos).unwrap();

    let storage = Storage::own(folder, "http://127.0.0.1:1".into(), HOUR, database.clone());
    let pending = storage.unwrap().pending(NOW).await.unwrap();
    assert_eq!((pending.objects, pending.overdue), (2, 1));
    assert_eq!(pending.last_error.as_deref(), Some("the disk is away"));

    let jobs = JobStore::new(database.clone(), None);
    let state = async |job| jobs.state(job).await.unwrap();
    assert_eq!(state("j1").await, Some(JobState::Pending));
    assert_eq!(state("j2").await, Some(JobState::Done("http://a/b".into())));
    assert_eq!(state("j3").await, Some(JobState::Failed("no video".into())));
    assert_eq!(jobs.pending_count(now).await.unwrap(), 1);
    assert_eq!(jobs.pending_count(now + 60.0).await.unwrap(), 0);
    let request = jobs.request(&caller, "asked").await.unwrap().unwrap();
    assert_eq!(request[0], JobState::Done("http://a/b".into()));
    assert!(matches!(&request[1], JobState::Failed(_)));
    jobs.delete_expired(now).await.unwrap();
    assert_eq!(state("j3").await, None);
    assert!(state("j2").await.is_some());

    let queue = Queue::own(&database).await.unwrap();
    let taken = queue.take().await.unwrap().unwrap();
    assert_eq!(taken, JOB);
    let job: Job = serde_json::from_str(&taken).unwrap();
    assert_eq!((job.caller, job.stake), (caller, 7));
    queue.remove(&taken).await.unwrap();
    assert!(
        Queue::own(&database)
            .await
            .unwrap()
            .take()
            .await
            .unwrap()
            .is_none()
    );

    let history = vidaio::history::Folder::open(&folder.join("history")).unwrap();
    let last = RequestLog::new(database, history).last(5).await.unwrap();
    assert_eq!(last.len(), 1);
    assert_eq!(last[0].outcome, RequestOutcome::Delivered);
    assert_eq!(
        (last[0].validator, last[0].vmaf),
        (Some(caller), Some(90.25))
    );
}

async fn version(folder: &Path) -> i64 {
    let mut sqlite = open(folder).await;
    let version = sqlx::query_scalar("PRAGMA user_version");
    version.fetch_one(&mut sqlite).await.unwrap()
}

#[test]
fn a_database_of_version_0_is_read_and_becomes_one_of_this_version() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        write_version_0(folder.path()).await;
        assert_eq!(version(folder.path()).await, 0);
        let database = Database::open(folder.path()).await.unwrap();
        read_all(folder.path(), database.clone()).await;
        database.close().await;
        drop(database);
        assert_eq!(version(folder.path()).await, 1);
        // And once more, when there is nothing left to rename.
        let again = Database::open(folder.path()).await.unwrap();
        let kept: Vec<(String, i64)> = sqlx::query_as("SELECT uuid, nonce FROM nonces")
            .fetch_all(again.pool())
            .await
            .unwrap();
        let nonce = i64::try_from(NOW * 1_000_000_000).unwrap();
        assert_eq!(kept, [("client-1".to_owned(), nonce)]);
    });
}

#[test]
fn a_first_start_that_was_cut_off_is_made_whole() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let mut sqlite = open(folder.path()).await;
        sqlx::query(VERSION_0[0])
            .execute(&mut sqlite)
            .await
            .unwrap();
        sqlite.close().await.unwrap();
        let database = Database::open(folder.path()).await.unwrap();
        let jobs = JobStore::new(database, None);
        assert_eq!(jobs.pending_count(0.0).await.unwrap(), 0);
    });
}

#[test]
fn a_database_of_a_later_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    block_on(async {
        let mut sqlite = open(folder.path()).await;
        let later = sqlx::query("PRAGMA user_version = 99");
        later.execute(&mut sqlite).await.unwrap();
        sqlite.close().await.unwrap();
        let refused = Database::open(folder.path()).await.unwrap_err().to_string();
        assert!(refused.contains("later vidaio"), "{refused}");
        assert_eq!(version(folder.path()).await, 99);
    });
}
