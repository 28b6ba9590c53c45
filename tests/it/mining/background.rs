//! Jobs that outlive their process: killed again and again, nothing is lost and nothing is left.

use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::super::clips;
use super::dendrite::Call;
use super::process::{Miner, SMALL, command, get, home, key};
use super::sites::Site;

/// Seconds that links live here.
const LIFE: &str = "20";

fn begin(home: &std::path::Path) -> Miner {
    let mut command = command(home, &["--protocol", "axon"]);
    command
        .env("VIDAIO_FETCH_PRIVATE", "yes")
        .env("VIDAIO_LINK_LIFE", LIFE)
        .env("VIDAIO_WAITING", "100");
    Miner::of(command)
}

fn poll(miner: &Miner, job: &str) -> Value {
    let reply = Call::new(miner, "VideoUpscalingPollProtocol", json!({"job_id": job})).send(miner);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["poll_response"].clone()
}

fn ask(miner: &Miner, site: &Site, job: &str) -> Value {
    let payload = json!({"reference_video_urls": [site.url("/clip.mp4")], "task_types": ["HD24K"]});
    let fields = json!({"job_id": job, "miner_payload": payload});
    let reply = Call::new(miner, "VideoUpscalingJobProtocol", fields).send(miner);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["job_response"]["accepted"].clone()
}

fn wait(miner: &Miner, job: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = poll(miner, job);
        if answer["status"] != "processing" {
            return answer;
        }
        assert!(
            Instant::now() < until,
            "{job} is never done: {}",
            miner.log()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn files(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|e| {
            if e.path().is_dir() {
                files(&e.path())
            } else {
                1
            }
        })
        .sum()
}

#[test]
fn a_job_is_answered_as_often_as_it_is_asked_for_and_only_to_its_caller() {
    let home = home();
    let site = Site::start(std::fs::read(clips::half_size()).unwrap());
    let miner = begin(home.path());
    assert_eq!(ask(&miner, &site, "job-1"), true);
    // Begun again because the answer was lost: the same job.
    assert_eq!(ask(&miner, &site, "job-1"), true);
    assert_eq!(ask(&miner, &site, ""), false);
    let first = wait(&miner, "job-1");
    assert_eq!(first["status"], "completed", "{}", miner.log());
    assert_eq!(poll(&miner, "job-1"), first);
    let url = first["optimized_video_urls"][0].as_str().unwrap();
    assert_eq!(first["optimized_video_url"], url);
    let mut other = Call::new(
        &miner,
        "VideoUpscalingPollProtocol",
        json!({"job_id": "job-1"}),
    );
    other.signer = key(SMALL);
    assert_eq!(other.send(&miner).body["poll_response"]["status"], "failed");
    assert_eq!(get(url).unwrap().status().as_u16(), 200);
    // The text of the fetched input: one that is no video fails.
    let payload = json!({"reference_video_url": site.url("/text")});
    let fields = json!({"job_id": "job-2", "miner_payload": payload});
    Call::new(&miner, "VideoUpscalingJobProtocol", fields).send(&miner);
    assert_eq!(wait(&miner, "job-2")["status"], "failed");
    assert_eq!(poll(&miner, "never")["status"], "failed");
}

#[test]
fn killed_at_ten_random_moments_nothing_is_lost_and_nothing_is_left() {
    let home = home();
    let site = Site::start(std::fs::read(clips::half_size()).unwrap());
    let mut draw = rand_chacha::ChaCha8Rng::seed_from_u64(20_261_121);
    let mut jobs = Vec::new();
    for number in 0..10 {
        let miner = begin(home.path());
        let job = format!("job-{number}");
        assert_eq!(ask(&miner, &site, &job), true, "{}", miner.log());
        jobs.push(job);
        std::thread::sleep(Duration::from_millis(draw.random_range(0..2500)));
        miner.kill();
    }
    let miner = begin(home.path());
    for job in &jobs {
        let answer = wait(&miner, job);
        // A link may have ended meanwhile; the job is done all the same.
        assert_eq!(answer["status"], "completed", "{job}: {}", miner.log());
    }
    let last = wait(&miner, &jobs[9]);
    let url = last["optimized_video_url"].as_str().unwrap();
    assert_eq!(get(url).unwrap().status().as_u16(), 200);
    // Killed once more before anything is due.
    miner.kill();
    let miner = begin(home.path());
    let objects = Miner::state(home.path()).join("objects");
    let until = Instant::now() + Duration::from_secs(60);
    while files(&objects) > 0 {
        assert!(Instant::now() < until, "objects are left: {}", miner.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(files(&Miner::state(home.path()).join("work")), 0);
    let page = miner.page("/");
    assert!(page.contains("0, of which 0 are overdue"), "{page}");
    assert_eq!(miner.end(), 0);
}
