//! Two workers and a miner at one Redis. One of them is killed; no order is lost, none is answered twice.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::super::clips;
use super::super::surroundings::{skip, vidaio};
use super::bucket::Bucket;
use super::dendrite::Call;
use super::process::{Miner, command, get, home};
use super::queue::held;
use super::sites::Site;

/// A process that ends with the test.
pub(super) struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _already_ended = self.0.kill();
        let _already_waited_for = self.0.wait();
    }
}

pub(super) fn redis(folder: &Path) -> Option<(Ending, String)> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    redis_at(folder, &port)
}

fn redis_at(folder: &Path, port: &str) -> Option<(Ending, String)> {
    let child = Command::new("redis-server")
        .args(["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let child = Ending(child);
    let until = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        assert!(Instant::now() < until, "redis-server does not begin");
        std::thread::sleep(Duration::from_millis(50));
    }
    Some((child, format!("redis://127.0.0.1:{port}/0")))
}

fn worker(home: &Path, name: &str, queue: &str, bucket: &Bucket) -> Ending {
    let mut command = vidaio(&["worker", "--queue", queue, "--slots", "1", "--state-dir"]);
    command
        .arg(home.join(name))
        .envs(bucket.variables())
        .env("VIDAIO_FETCH_PRIVATE", "yes")
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(home.join(format!("{name}.log"))).unwrap());
    Ending(command.spawn().unwrap())
}

#[test]
fn orders_of_a_killed_worker_are_taken_over_and_none_is_answered_twice() {
    let name =
        "mining::shared_queue::orders_of_a_killed_worker_are_taken_over_and_none_is_answered_twice";
    let home = home();
    let Some((_redis, queue)) = redis(home.path()) else {
        skip(name, "there is no redis-server; `make test` installs it");
        return;
    };
    let bucket = Bucket::start(&home.path().join("s3"));
    let site = Site::start(std::fs::read(clips::half_size()).unwrap());
    let mut command = command(
        home.path(),
        &["--protocol", "axon", "--slots", "1", "--queue", &queue],
    );
    command
        .envs(bucket.variables())
        .env("VIDAIO_FETCH_PRIVATE", "yes");
    let miner = Miner::of(command);
    let mut killed = worker(home.path(), "first", &queue, &bucket);
    let _stays = worker(home.path(), "second", &queue, &bucket);
    std::thread::sleep(Duration::from_secs(2));
    let urls: Vec<String> = (0..6).map(|_| site.url("/clip.mp4")).collect();
    let payload = json!({"reference_video_urls": urls, "task_types": ["HD24K"]});
    let fields = json!({"round_id": "r", "miner_payload": payload});
    let reply = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut call = Call::new(&miner, "VideoUpscalingProtocol", fields);
            call.timeout = 110.0;
            call.send(&miner)
        });
        std::thread::sleep(Duration::from_millis(1200));
        killed.0.kill().unwrap();
        asking.join().unwrap()
    });
    assert_eq!(reply.status, 200, "{reply:?}");
    let found = reply.body["miner_response"]["optimized_video_urls"]
        .as_array()
        .cloned();
    let mut found: Vec<String> = found
        .unwrap_or_else(|| panic!("{reply:?}: {}", miner.log()))
        .iter()
        .map(|url| url.as_str().unwrap().to_owned())
        .collect();
    let second = std::fs::read_to_string(home.path().join("second.log")).unwrap();
    assert_eq!(found.len(), 6);
    for url in &found {
        assert!(!url.is_empty(), "{found:?}\n{}\n{second}", miner.log());
        assert_eq!(get(url).unwrap().status().as_u16(), 200);
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 6, "every order has a result of its own");
    assert!(
        second.contains("delivered"),
        "the second worker did something: {second}"
    );
}

#[test]
fn a_queue_that_was_away_is_used_again() {
    let name = "mining::shared_queue::a_queue_that_was_away_is_used_again";
    let home = home();
    let Some((away, queue)) = redis(home.path()) else {
        skip(name, "there is no redis-server; `make test` installs it");
        return;
    };
    let bucket = Bucket::start(&home.path().join("s3"));
    let site = Site::start(std::fs::read(clips::half_size()).unwrap());
    let mut command = command(home.path(), &["--protocol", "axon", "--queue", &queue]);
    command
        .envs(bucket.variables())
        .env("VIDAIO_FETCH_PRIVATE", "yes");
    let miner = Miner::of(command);
    let ask = || {
        let payload = json!({"reference_video_url": site.url("/clip.mp4"), "task_type": "HD24K"});
        let mut call = Call::new(
            &miner,
            "VideoUpscalingProtocol",
            json!({"miner_payload": payload}),
        );
        call.timeout = 20.0;
        call.send(&miner)
    };
    let made = |reply: &super::dendrite::Reply| {
        let url = reply.body["miner_response"]["optimized_video_url"].as_str();
        url.is_some_and(|url| !url.is_empty())
    };
    let nonsense = ["-u", &queue, "LPUSH", "vidaio-jobs:waiting", "nonsense"];
    let pushed = Command::new("redis-cli").args(nonsense).output().unwrap();
    assert!(pushed.status.success());
    assert!(made(&ask()), "{}", miner.log());
    let until = Instant::now() + Duration::from_secs(10);
    let held = || held(&queue, &["LRANGE", "0", "-1"]);
    while !held().is_empty() {
        assert!(Instant::now() < until, "{:?}: {}", held(), miner.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = miner.log();
    assert!(
        log.contains("a job that cannot be read is dropped"),
        "{log}"
    );
    drop(away);
    assert!(!made(&ask()), "there is no queue");
    let port = queue
        .trim_start_matches("redis://127.0.0.1:")
        .trim_end_matches("/0");
    let _back = redis_at(home.path(), port).unwrap();
    let until = Instant::now() + Duration::from_secs(100);
    while !made(&ask()) {
        assert!(Instant::now() < until, "{}", miner.log());
    }
}

#[test]
fn a_shared_queue_needs_a_shared_bucket() {
    let home = home();
    let ran = super::super::surroundings::run(
        command(
            home.path(),
            &["--protocol", "axon", "--queue", "redis://127.0.0.1:1/0"],
        )
        .stdout(Stdio::piped()),
    );
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("needs a bucket"), "{}", ran.stderr);
    let bucket = Bucket::start(&home.path().join("s3"));
    let mut elsewhere = command(
        home.path(),
        &["--protocol", "axon", "--queue", "http://127.0.0.1:1/"],
    );
    let ran =
        super::super::surroundings::run(elsewhere.envs(bucket.variables()).stdout(Stdio::piped()));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("none of a Redis"), "{}", ran.stderr);
}
