//! Jobs for the videos of a synapse: added to the queue when there is room, waited for, and given up when their caller
//! disconnects.

use std::time::{Duration, Instant};

use super::admission::Caller;
use super::media::{RequestedVideo, media};
use super::refusal::AxonRefusal;
use super::server::AxonServer;
use super::synapse::{Synapse, set_urls};
use crate::domain::Task;
use crate::miner::clock::now;
use crate::miner::jobs::{Job, JobState, JobStore, QueueError};
use crate::miner::tasks::printable;
use crate::subnet::RAO;

/// Time for a job that its caller polls. The network's validators poll every minute, twenty times.
const POLLED_TIME: Duration = Duration::from_secs(20 * 60);
/// Time reserved for a response to reach its caller. Our choice.
const RESPONSE_TIME: Duration = Duration::from_millis(500);
/// Characters of the name of a polled job. Our choice.
const MAX_NAME_CHARS: usize = 128;
/// Bytes of a URL that is fetched from. Our choice.
const MAX_URL_BYTES: usize = 4096;
/// Time that is too short for any video. Our choice.
const MIN_TIME: Duration = Duration::from_secs(1);

impl AxonServer {
    /// Jobs for the videos of a synapse, in their order, with nothing for a video that this miner does not process.
    fn jobs_for(
        &self,
        videos: Vec<RequestedVideo>,
        task: Task,
        caller: &Caller,
        name: &str,
        time: Duration,
    ) -> Vec<Option<Job>> {
        let name = printable(name);
        if !self.service.tasks.tuning().tasks.contains(&task) {
            tracing::info!(
                "{name}: {} is not among the tasks of this miner",
                task.noun()
            );
            return videos.iter().map(|_| None).collect();
        }
        if time < MIN_TIME {
            tracing::info!("{name}: its caller waits no longer");
            return videos.iter().map(|_| None).collect();
        }
        let deadline = now() + time.as_secs_f64();
        let job = |video: RequestedVideo| {
            let work = match video.work {
                Ok(work) if video.url.len() <= MAX_URL_BYTES => work,
                Ok(_) => {
                    tracing::info!("{name}: an address is too long");
                    return None;
                }
                Err(e) => {
                    tracing::info!("{name}: {e}");
                    return None;
                }
            };
            Some(Job {
                id: uuid::Uuid::new_v4().simple().to_string(),
                work,
                url: video.url,
                deadline,
                stake: caller.stake.rao() / RAO,
                caller: caller.hotkey,
                name: name.clone(),
            })
        };
        videos.into_iter().map(job).collect()
    }

    /// Adds jobs to the queue, all of them or none. Where there is room, `first` is awaited before that, and if it
    /// gives false nothing is added.
    async fn add(
        &self,
        jobs: Vec<Job>,
        first: impl Future<Output = Result<bool, QueueError>>,
    ) -> Result<bool, AxonRefusal> {
        let broken = |e: &dyn std::fmt::Display| {
            tracing::error!("orders cannot be taken: {e}");
            AxonRefusal::new(503, "This miner cannot take orders now")
        };
        // Counting and adding are one step, whoever else calls.
        let _one_at_a_time = self.counting.lock().await;
        let pending = self.jobs.pending_count(now()).await;
        let pending = pending.map_err(|e| broken(&e))?;
        let room = self.max_waiting + self.service.tasks.slots.count() as u64;
        if pending + jobs.len() as u64 > room {
            return Err(AxonRefusal::new(
                429,
                format!("This miner is busy: {pending} tasks are waited for"),
            ));
        }
        if !first.await.map_err(|e| broken(&e))? {
            return Ok(false);
        }
        for job in jobs {
            let expires_at = job.deadline + self.retention;
            let begun = self.jobs.begin(&job.id, job.deadline, expires_at).await;
            begun.map_err(|e| broken(&e))?;
            self.queue.push(&job).await.map_err(|e| broken(&e))?;
        }
        Ok(true)
    }

    /// Videos that the caller waits for on the connection.
    pub(super) async fn videos(
        &self,
        synapse: &mut Synapse,
        task: Task,
        caller: &Caller,
    ) -> Result<(), AxonRefusal> {
        let videos = requested(synapse, task)?;
        let name = synapse.text("round_id").unwrap_or_default().to_owned();
        let reply_by = caller.deadline.checked_sub(RESPONSE_TIME);
        let reply_by = reply_by.unwrap_or(caller.deadline);
        let time = reply_by.saturating_duration_since(Instant::now());
        let jobs = self.jobs_for(videos, task, caller, &name, time);
        let ids = ids(&jobs);
        let mut abandoned = AbandonedJobs {
            store: self.jobs.clone(),
            ids: ids.iter().flatten().cloned().collect(),
        };
        let jobs: Vec<Job> = jobs.into_iter().flatten().collect();
        self.add(jobs, std::future::ready(Ok(true))).await?;
        let mut urls = Vec::with_capacity(ids.len());
        for id in ids {
            let state = match id {
                Some(id) => self.jobs.wait(&id, reply_by).await,
                None => Ok(JobState::Pending),
            };
            urls.push(match state {
                Ok(JobState::Done(url)) => url,
                Ok(_) => String::new(),
                Err(e) => {
                    tracing::error!("what became of an order is unknown: {e}");
                    String::new()
                }
            });
        }
        abandoned.ids.clear();
        set_urls(synapse, "miner_response", &urls);
        Ok(())
    }

    /// Videos whose results the caller polls.
    pub(super) async fn polled_videos(
        &self,
        synapse: &mut Synapse,
        task: Task,
        caller: &Caller,
    ) -> Result<(), AxonRefusal> {
        let videos = requested(synapse, task)?;
        let name = synapse.text("job_id").unwrap_or_default().to_owned();
        let accepted = if name.is_empty() || name.len() > MAX_NAME_CHARS {
            tracing::info!("a job without a name is not accepted");
            false
        } else {
            match self.jobs.request(&caller.hotkey, &name).await {
                // Sent again because the response was lost: the work is under way.
                Ok(Some(_)) => true,
                Ok(None) => self.accept_polled(videos, task, caller, &name).await,
                Err(e) => {
                    tracing::error!("the state of a job is unknown: {e}");
                    false
                }
            }
        };
        synapse.set_within("job_response", "accepted", accepted.into());
        Ok(())
    }

    /// Adds the jobs of a request that is polled; gives whether it is accepted.
    async fn accept_polled(
        &self,
        videos: Vec<RequestedVideo>,
        task: Task,
        caller: &Caller,
        name: &str,
    ) -> bool {
        let jobs = self.jobs_for(videos, task, caller, name, POLLED_TIME);
        let ids = ids(&jobs);
        let jobs: Vec<Job> = jobs.into_iter().flatten().collect();
        if jobs.is_empty() {
            return false;
        }
        let expires_at = now() + POLLED_TIME.as_secs_f64() + self.retention;
        let first = self
            .jobs
            .begin_request(&caller.hotkey, name, &ids, expires_at);
        match self.add(jobs, first).await {
            // False for the second of two that came at the same time: the first one has added the jobs.
            Ok(_) => true,
            Err(refusal) => {
                tracing::info!("a job is not accepted: {refusal}");
                false
            }
        }
    }
}

fn requested(synapse: &Synapse, task: Task) -> Result<Vec<RequestedVideo>, AxonRefusal> {
    media(synapse, task).map_err(|e| AxonRefusal::new(400, e.to_string()))
}

/// The IDs of jobs, in their order.
fn ids(jobs: &[Option<Job>]) -> Vec<Option<String>> {
    let ids = jobs.iter().map(|job| Some(job.as_ref()?.id.clone()));
    ids.collect()
}

/// Jobs that a connected caller waits for. If it disconnects they are recorded as failed.
struct AbandonedJobs {
    store: JobStore,
    /// Nothing once the response is ready.
    ids: Vec<String>,
}

impl Drop for AbandonedJobs {
    fn drop(&mut self) {
        let ids = std::mem::take(&mut self.ids);
        let (false, Ok(runtime)) = (ids.is_empty(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let store = self.store.clone();
        runtime.spawn(async move {
            let gone = JobState::Failed("its caller went away".into());
            for id in ids {
                let expires_at = now() + POLLED_TIME.as_secs_f64();
                if let Err(e) = store.end(&id, &gone, expires_at).await {
                    tracing::error!("an order that nobody wants stays: {e}");
                }
            }
        });
    }
}
