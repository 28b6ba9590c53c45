//! Takes jobs from the queue and runs them, a few at a time, whatever happens to the queue meanwhile.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::job::Job;
use super::queue::Queue;
use super::redis::SharedQueue;
use super::retry::retry;
use super::runner::JobRunner;

/// Interval between two heartbeats: a third of the silence after which a worker counts as dead.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// Pause before an empty queue is read again. Our choice.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Pause after the queue could not be used. Our choice.
const PAUSE: Duration = Duration::from_secs(5);

impl Queue {
    /// Runs jobs, so many at once, until `stop`, and then finishes those under way.
    pub async fn work_on(self, runner: JobRunner, at_once: usize, stop: CancellationToken) {
        let mut _aborted_with_this = None;
        if let Self::Redis(shared) = &self {
            // Other workers must know of this one before it takes a job.
            while let Err(e) = shared.beat().await {
                tracing::error!("the queue cannot be used, the next try is in {PAUSE:?}: {e}");
                let waited = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                if waited.is_none() {
                    return;
                }
            }
            let beating = tokio::spawn(beat_on(shared.clone()));
            _aborted_with_this = Some(AbortOnDropHandle::new(beating));
        }
        let slots = Arc::new(Semaphore::new(at_once));
        let under_way: UnderWay = Arc::default();
        let mut running = JoinSet::new();
        // Whether Redis may hold a job for this worker that it does not know of.
        let mut is_unsure = false;
        let free = || Arc::clone(&slots).acquire_owned();
        while let Some(slot) = stop.run_until_cancelled(free()).await {
            let pause = match self.take().await {
                // Handed out again because its worker, this one, counted as dead for a while.
                Ok(Some(text)) if !all(&under_way).insert(text.clone()) => Duration::ZERO,
                Ok(Some(text)) => {
                    let (queue, runner, under_way) =
                        (self.clone(), runner.clone(), Arc::clone(&under_way));
                    running.spawn(async move {
                        run(&queue, runner, &text).await;
                        all(&under_way).remove(&text);
                        drop(slot);
                    });
                    Duration::ZERO
                }
                Ok(None) => POLL_INTERVAL,
                Err(e) => {
                    tracing::error!("the queue cannot be used, the next try is in {PAUSE:?}: {e}");
                    is_unsure = true;
                    PAUSE
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            while running.try_join_next().is_some() {}
            if is_unsure {
                let known = all(&under_way).clone();
                is_unsure = self.put_back_lost(&known).await.is_err();
            }
        }
        while running.join_next().await.is_some() {}
    }
}

/// The jobs that this process is running, by their text as it is stored.
type UnderWay = Arc<Mutex<HashSet<String>>>;

fn all(under_way: &UnderWay) -> MutexGuard<'_, HashSet<String>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends heartbeats. Where that fails no job can be taken either, which is logged there.
async fn beat_on(shared: SharedQueue) {
    loop {
        let _logged_elsewhere = shared.beat().await;
        tokio::time::sleep(HEARTBEAT_INTERVAL).await;
    }
}

async fn run(queue: &Queue, runner: JobRunner, text: &str) {
    match serde_json::from_str::<Job>(text) {
        Err(e) => tracing::error!("a job that cannot be read is dropped: {e}"),
        Ok(job) => {
            // A task of its own, so that a panic is seen.
            let (task_runner, task_job) = (runner.clone(), job.clone());
            let ran = tokio::spawn(async move { task_runner.run(&task_job).await });
            match ran.await {
                Ok(()) => {}
                Err(e) if e.is_panic() => runner.give_up(&job, "internal error").await,
                // The process is ending, and the next one runs the job again.
                Err(_) => return,
            }
        }
    }
    if let Err(e) = retry(|| queue.remove(text)).await {
        tracing::warn!("a finished job cannot be removed from the queue and may run again: {e}");
    }
}
