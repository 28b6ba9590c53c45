//! Runs a job: fetches the input, makes the output, checks it and stores it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::job::Job;
use super::retry::retry;
use super::state::JobState;
use super::store::JobStore;
use crate::miner::clock::now;
use crate::miner::request_record::{RequestOutcome, RequestRecord};
use crate::miner::service::TaskService;
use crate::miner::storage::Storage;
use crate::miner::tasks::{Fetcher, MadeVideo};

/// Seconds for which the state of a job that is done can be read after its link has expired. Our choice.
const DONE_KEPT: f64 = 60.0;
/// Seconds for which the state of a job that failed can be read. Our choice.
const FAILURE_KEPT: f64 = 3600.0;
/// Share of the time left that is reserved for storing the output, with its least and most seconds. Our choice.
const STORING: (f64, f64, f64) = (0.1, 0.5, 15.0);

/// Runs jobs on this machine.
#[derive(Clone)]
pub struct JobRunner {
    pub tasks: Arc<TaskService>,
    pub storage: Storage,
    pub fetcher: Fetcher,
    pub jobs: JobStore,
}

/// The result of a job.
struct StoredVideo {
    made: MadeVideo,
    url: String,
    /// Unix second at which the URL expires.
    expires_at: u64,
    /// Of the input and of the output.
    bytes: (u64, u64),
}

impl JobRunner {
    /// Runs a job, unless it has ended, and records how it ended.
    pub async fn run(&self, job: &Job) {
        match self.jobs.state(&job.id).await {
            Ok(Some(state)) if state.has_ended() => return,
            Ok(_) => {}
            Err(e) => tracing::error!("the state of {} is unknown: {e}", job.id),
        }
        let start = Instant::now();
        let worked = self.work(job).await;
        let (state, expires_at) = match &worked {
            Ok(stored) => (
                JobState::Done(stored.url.clone()),
                stored.expires_at as f64 + DONE_KEPT,
            ),
            Err(why) => (JobState::Failed(why.clone()), now() + FAILURE_KEPT),
        };
        match retry(|| self.jobs.end(&job.id, &state, expires_at)).await {
            Ok(true) => {}
            // Its caller has disconnected, or another worker reclaimed it because this one counted as dead.
            Ok(false) => {
                tracing::warn!(
                    "{} had ended before; this result goes with its time",
                    job.id
                );
                return;
            }
            Err(e) => tracing::error!("what became of {} is lost: {e}", job.id),
        }
        self.tasks.requests.keep(record(job, worked, start)).await;
    }

    /// Records that a job has failed for good, and why.
    pub(super) async fn give_up(&self, job: &Job, why: &str) {
        let expires_at = now() + FAILURE_KEPT;
        let state = JobState::Failed(why.to_owned());
        if let Err(e) = retry(|| self.jobs.end(&job.id, &state, expires_at)).await {
            tracing::error!("what became of {} is lost: {e}", job.id);
        }
        let failed = record(job, Err(why.to_owned()), Instant::now());
        self.tasks.requests.keep(failed).await;
    }

    async fn work(&self, job: &Job) -> Result<StoredVideo, String> {
        let left = job.deadline - now();
        if left <= 0.0 {
            return Err("nobody wants it any more".into());
        }
        let deadline = Instant::now() + Duration::from_secs_f64(left);
        let slot = self.tasks.slots.enter(job.stake);
        let slot = tokio::time::timeout_at(deadline.into(), slot).await;
        let _slot = slot
            .map_err(|_| "no place was free in time".to_owned())?
            .map_err(|full| full.to_string())?;
        let dir = self.tasks.dirs.begin(&job.id).map_err(|e| e.to_string())?;
        let (input, output) = (dir.file("input.mp4"), dir.file("output.mp4"));
        let fetched = self.fetcher.fetch(&job.url, &input, deadline).await;
        let input_bytes = fetched.map_err(|e| e.to_string())?;
        let (share, least, most) = STORING;
        let reserved = Duration::from_secs_f64((left * share).clamp(least, most));
        let made_by = deadline.checked_sub(reserved).unwrap_or_else(Instant::now);
        let tuning = self.tasks.tuning();
        let made = tuning.maker.make(&job.work, &input, &output, made_by).await;
        let made = made.map_err(|e| e.to_string())?;
        let metadata = tokio::fs::metadata(&output).await;
        let output_bytes = metadata.map_err(|e| e.to_string())?.len();
        let name = format!("processing/{}/{}.mp4", job.work.task().noun(), job.id);
        let put = self.storage.put_before(&name, &output, Some(deadline));
        let (url, expires_at) = put
            .await
            .map_err(|e| format!("it could not be stored: {e}"))?;
        Ok(StoredVideo {
            made,
            url,
            expires_at,
            bytes: (input_bytes, output_bytes),
        })
    }
}

fn record(job: &Job, worked: Result<StoredVideo, String>, start: Instant) -> RequestRecord {
    let mut record = RequestRecord {
        ended_at: now(),
        protocol: "axon".into(),
        validator: Some(job.caller),
        task: Some(job.work.task().into()),
        name: job.name.clone(),
        outcome: RequestOutcome::Failed,
        reason: String::new(),
        score: None,
        vmaf: None,
        threshold: None,
        bytes: (0, 0),
        seconds: start.elapsed().as_secs_f64(),
        tools: String::new(),
        device: String::new(),
        rules: String::new(),
    };
    match worked {
        Ok(stored) => {
            record.outcome = RequestOutcome::Delivered;
            record.reason = "delivered".into();
            record.bytes = stored.bytes;
            record.describe(&stored.made);
        }
        Err(why) => record.reason = why,
    }
    record
}
