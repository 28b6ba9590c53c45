//! Jobs that outlive their process.

use std::time::{Duration, Instant};
use vidaio::domain::Task;

use serde_json::{Value, json};

use super::super::clips;
use super::dendrite::Call;
use super::process::{Miner, SMALL, command, get, home, key};
use super::sites::Site;

/// Seconds that links live here.
const LIFE: &str = "20";

pub(super) fn begin(home: &std::path::Path) -> Miner {
    let mut command = command(home, &["--protocol", "axon"]);
    command
        .env("VIDAIO_FETCH_PRIVATE", "yes")
        .env("VIDAIO_LINK_LIFE", LIFE)
        .env("VIDAIO_WAITING", "100");
    Miner::of(command)
}

/// A job under a name.
pub(super) struct Job {
    pub(super) name: String,
    task: Task,
}

impl Job {
    pub(super) fn new(number: usize, task: Task) -> Self {
        let name = format!("job-{number}");
        Self { name, task }
    }

    /// The class of a synapse of this task.
    fn class(&self, what: &str) -> String {
        match self.task {
            Task::Compress => format!("VideoCompression{what}Protocol"),
            Task::Upscale => format!("VideoUpscaling{what}Protocol"),
        }
    }
}

pub(super) fn poll(miner: &Miner, job: &Job) -> Value {
    let mut call = Call::new(miner, &job.class("Poll"), json!({"job_id": job.name}));
    // One client object polls as often as it likes; of many, each would have to be remembered.
    call.uuid = "one client".into();
    let reply = call.send(miner);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["poll_response"].clone()
}

pub(super) fn ask(miner: &Miner, site: &Site, job: &Job) -> Value {
    let payload = json!({
        "reference_video_urls": [site.url("/clip.mp4")], "task_types": ["HD24K"],
        "vmaf_thresholds": [80], "target_codecs": ["h264"],
    });
    let fields = json!({"job_id": job.name, "miner_payload": payload});
    let reply = Call::new(miner, &job.class("Job"), fields).send(miner);
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["job_response"]["accepted"].clone()
}

pub(super) fn wait(miner: &Miner, job: &Job) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = poll(miner, job);
        if answer["status"] != "processing" {
            return answer;
        }
        assert!(
            Instant::now() < until,
            "{} is never done: {}",
            job.name,
            miner.log()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(super) fn files(folder: &std::path::Path) -> usize {
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
    let job = |name: &str| Job {
        name: name.into(),
        task: Task::Upscale,
    };
    let one = job("job-1");
    assert_eq!(ask(&miner, &site, &one), true);
    // Begun again because the answer was lost: the same job.
    assert_eq!(ask(&miner, &site, &one), true);
    assert_eq!(ask(&miner, &site, &job("")), false);
    let first = wait(&miner, &one);
    assert_eq!(first["status"], "completed", "{}", miner.log());
    assert_eq!(poll(&miner, &one), first);
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
    assert_eq!(wait(&miner, &job("job-2"))["status"], "failed");
    assert_eq!(poll(&miner, &job("never"))["status"], "failed");
}
