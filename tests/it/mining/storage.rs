//! Storage against a real implementation of S3, and against this machine's disk.

use std::path::Path;
use std::time::{Duration, Instant};

use vidaio::config::{Layers, MineSettings};
use vidaio::miner::storage::{S3Bucket, Storage};
use vidaio::miner::{Database, now};

use super::bucket::Bucket;

pub(super) const HOUR: Duration = Duration::from_secs(3600);

fn settings(bucket: &Bucket, change: &[(&str, &str)]) -> S3Bucket {
    let mut layers = Layers::default();
    let variables = bucket.variables().map(|(n, v)| (n.to_owned(), v));
    layers.environment(variables.into_iter());
    for (key, value) in change {
        layers.flag(key, Some((*value).to_owned()));
    }
    let mine = MineSettings::resolve(&layers).unwrap();
    S3Bucket::of(&mine).unwrap().unwrap()
}

pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

async fn get(url: &str) -> (u16, Vec<u8>) {
    let answer = vidaio::https::client()
        .build()
        .unwrap()
        .get(url)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.bytes().await.unwrap().to_vec())
}

fn file(folder: &Path, bytes: usize) -> (std::path::PathBuf, Vec<u8>) {
    let content: Vec<u8> = (0..bytes).map(|i| (i * 7 % 251) as u8).collect();
    let path = folder.join(format!("{bytes}.bin"));
    std::fs::write(&path, &content).unwrap();
    (path, content)
}

#[test]
fn objects_are_put_fetched_by_plain_get_and_gone_after_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Bucket::start(&folder.path().join("s3"));
    block_on(async {
        let database = Database::open(&folder.path().join("state")).await.unwrap();
        let storage = Storage::bucket(&settings(&bucket, &[]), HOUR, database).unwrap();
        // The second one goes in several parts.
        for size in [1000, 20 << 20] {
            let (path, content) = file(folder.path(), size);
            let name = format!("processing/compression/{size}.mp4");
            let (url, until) = storage.put(&name, &path).await.unwrap();
            assert!((until as f64 - now() - 3600.0).abs() < 5.0);
            assert!(url.starts_with(&bucket.endpoint()), "{url}");
            assert_eq!(get(&url).await, (200, content));
            let altered = url.replace(&format!("{size}.mp4"), "other.mp4");
            assert_eq!(get(&altered).await.0, 403);
        }
        assert_eq!(bucket.objects().len(), 2);
        assert_eq!(storage.pending(now() as u64).await.unwrap().objects, 2);
        assert_eq!(storage.sweep(now() as u64).await.unwrap(), 0);
        let later = now() as u64 + 3600 + 301;
        assert_eq!(storage.sweep(later).await.unwrap(), 2);
        assert_eq!(bucket.objects().len(), 0);
        assert_eq!(storage.pending(later).await.unwrap(), Default::default());
        storage.try_out().await.unwrap();
        assert_eq!(bucket.objects().len(), 0);
    });
}

#[test]
fn links_end() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Bucket::start(&folder.path().join("s3"));
    block_on(async {
        let database = Database::open(&folder.path().join("state")).await.unwrap();
        let life = Duration::from_secs(2);
        let storage = Storage::bucket(&settings(&bucket, &[]), life, database).unwrap();
        let (path, content) = file(folder.path(), 10);
        let (url, _) = storage.put("a.mp4", &path).await.unwrap();
        assert_eq!(get(&url).await, (200, content));
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(get(&url).await.0, 403);
    });
}

#[test]
fn what_cannot_be_put_or_removed_is_tried_again_until_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Bucket::start(&folder.path().join("s3"));
    block_on(async {
        let state = folder.path().join("state");
        let (path, _) = file(folder.path(), 1000);
        // The wrong key, and nobody who listens.
        for (at, change) in [
            ("bucket_secret_key", "another-secret"),
            ("bucket_endpoint", "http://127.0.0.1:9"),
        ]
        .into_iter()
        .enumerate()
        {
            let own = state.join(at.to_string());
            let database = Database::open(&own).await.unwrap();
            let storage = Storage::bucket(&settings(&bucket, &[change]), HOUR, database).unwrap();
            let failed = storage.put("a.mp4", &path).await.unwrap_err().to_string();
            for secret in ["another-secret", super::bucket::SECRET, "X-Amz"] {
                assert!(!failed.contains(secret), "{failed}");
            }
            assert_eq!(storage.pending(now() as u64).await.unwrap().overdue, 1);
        }
        // Put, and then the bucket is away when the time comes.
        let database = Database::open(&state.join("good")).await.unwrap();
        let storage = Storage::bucket(&settings(&bucket, &[]), HOUR, database).unwrap();
        storage.put("b.mp4", &path).await.unwrap();
        let (here, away) = (bucket.root.join("clips"), bucket.root.join("away"));
        let later = now() as u64 + 4000;
        std::fs::rename(&here, &away).unwrap();
        std::fs::write(&here, b"in its place").unwrap();
        assert_eq!(storage.sweep(later).await.unwrap(), 0);
        let pending = storage.pending(later).await.unwrap();
        assert_eq!(pending.overdue, 1);
        let why = pending.last_error.unwrap();
        assert!(
            !why.is_empty() && !why.contains(super::bucket::SECRET),
            "{why}"
        );
        std::fs::remove_file(&here).unwrap();
        std::fs::rename(&away, &here).unwrap();
        // Not before its pause is over.
        assert_eq!(storage.sweep(later).await.unwrap(), 0);
        assert_eq!(storage.sweep(later + 6).await.unwrap(), 1);
        assert_eq!(bucket.objects().len(), 0);
    });
}

/// Somebody who accepts every connection, reads so many bytes of it, and then closes it or says nothing.
fn faulty(reads: usize, closes: bool) -> String {
    use std::io::Read as _;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _some = stream.read(&mut vec![0; reads]);
            if !closes {
                held.push(stream);
            }
        }
    });
    format!("http://{address}")
}

#[test]
fn a_bucket_that_breaks_off_or_stands_still_costs_no_more_than_the_time_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Bucket::start(&folder.path().join("s3"));
    block_on(async {
        // One part, and several.
        for (number, size) in [1000, 20 << 20].into_iter().enumerate() {
            let (path, _) = file(folder.path(), size);
            for closes in [true, false] {
                let endpoint = faulty(500, closes);
                let own = folder.path().join(format!("state-{number}-{closes}"));
                let database = Database::open(&own).await.unwrap();
                let change = [("bucket_endpoint", endpoint.as_str())];
                let storage = Storage::bucket(&settings(&bucket, &change), HOUR, database).unwrap();
                let began = Instant::now();
                let limit = Some(began + Duration::from_secs(2));
                storage.put_before("a.mp4", &path, limit).await.unwrap_err();
                assert!(
                    began.elapsed() < Duration::from_secs(20),
                    "{:?}",
                    began.elapsed()
                );
                // What may be there of it is to go at once.
                assert_eq!(storage.pending(now() as u64).await.unwrap().overdue, 1);
            }
        }
    });
}

#[test]
fn ends_survive_a_restart_and_a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    block_on(async {
        let (path, content) = file(folder.path(), 5000);
        let base = "http://127.0.0.1:1".to_owned();
        let database = Database::open(&state).await.unwrap();
        let taken = Database::open(&state).await.unwrap_err().to_string();
        assert!(taken.contains("another vidaio mine"), "{taken}");
        let storage = Storage::own(&state, base.clone(), HOUR, database.clone()).unwrap();
        let (url, _) = storage.put("processing/x/c.mp4", &path).await.unwrap();
        assert!(url.starts_with(&base));
        assert_eq!(
            std::fs::read(state.join("objects/processing/x/c.mp4")).unwrap(),
            content
        );
        database.close().await;
        drop((storage, database));

        // What a process wrote that was killed before it could rename it.
        std::fs::write(state.join("objects/processing/x/d.mp4#1"), b"half").unwrap();
        let database = Database::open(&state).await.unwrap();
        let storage = Storage::own(&state, base, HOUR, database).unwrap();
        assert_eq!(storage.sweep(now() as u64 + 4000).await.unwrap(), 1);
        assert!(!state.join("objects/processing").exists());
    });
}
