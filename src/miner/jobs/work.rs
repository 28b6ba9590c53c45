//! Takes jobs from the queue and works on them, a few at a time, whatever becomes of the queue meanwhile.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::bench::Bench;
use super::order::Order;
use super::queue::Queue;
use super::shared::Shared;

/// Time between two heartbeats: a third of the silence after which a worker counts as dead.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Time between two looks for a job.
const LOOK: Duration = Duration::from_millis(100);
/// Pause after the queue was lost.
const PAUSE: Duration = Duration::from_secs(5);
/// Times that something is tried again, and the pause between.
const RETRIES: u32 = 10;
const RETRY: Duration = Duration::from_secs(1);

impl Queue {
    /// Works on jobs until `stop`; jobs under way are finished first.
    pub async fn work_on(self, bench: Bench, at_once: usize, stop: CancellationToken) {
        let mut _ends_with_this = None;
        if let Self::Redis(shared) = &self {
            // Others must know of a worker before it begins anything.
            while let Err(e) = shared.beat().await {
                tracing::error!("the queue cannot be used, the next try is in {PAUSE:?}: {e}");
                let waited = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                if waited.is_none() {
                    return;
                }
            }
            let beating = tokio::spawn(beat_on(shared.clone()));
            _ends_with_this = Some(AbortOnDropHandle::new(beating));
        }
        let slots = Arc::new(Semaphore::new(at_once));
        let under_way: UnderWay = Arc::default();
        let mut tasks = JoinSet::new();
        // Whether a job may be held here without this process knowing.
        let mut unsure = false;
        let free = || Arc::clone(&slots).acquire_owned();
        while let Some(slot) = stop.run_until_cancelled(free()).await {
            let wait = match self.take().await {
                // Handed out again because its worker, this one, seemed dead for a while.
                Ok(Some(text)) if !all(&under_way).insert(text.clone()) => Duration::ZERO,
                Ok(Some(text)) => {
                    let (queue, bench, under_way) =
                        (self.clone(), bench.clone(), Arc::clone(&under_way));
                    tasks.spawn(async move {
                        work(&queue, bench, &text).await;
                        all(&under_way).remove(&text);
                        drop(slot);
                    });
                    Duration::ZERO
                }
                Ok(None) => LOOK,
                Err(e) => {
                    tracing::error!("the queue cannot be used, the next try is in {PAUSE:?}: {e}");
                    unsure = true;
                    PAUSE
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
            while tasks.try_join_next().is_some() {}
            if unsure {
                let known = all(&under_way).clone();
                unsure = self.put_back_lost(&known).await.is_err();
            }
        }
        while tasks.join_next().await.is_some() {}
    }
}

/// Jobs that this process is at work on, as they are stored.
type UnderWay = Arc<Mutex<HashSet<String>>>;

fn all(under_way: &UnderWay) -> MutexGuard<'_, HashSet<String>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the heartbeat up. Where that fails no job is taken either, which is logged.
async fn beat_on(shared: Shared) {
    loop {
        let _logged_elsewhere = shared.beat().await;
        tokio::time::sleep(HEARTBEAT).await;
    }
}

async fn work(queue: &Queue, bench: Bench, text: &str) {
    match serde_json::from_str::<Order>(text) {
        Err(e) => tracing::error!("a job that cannot be read is dropped: {e}"),
        Ok(order) => {
            // A task of its own, so that a panic is seen.
            let (performer, performed) = (bench.clone(), order.clone());
            let worked = tokio::spawn(async move { performer.perform(&performed).await });
            match worked.await {
                Ok(()) => {}
                Err(e) if e.is_panic() => bench.give_up(&order, "internal error").await,
                // The process ends, and the next one begins the job again.
                Err(_) => return,
            }
        }
    }
    if let Err(e) = tried_again(|| queue.end(text)).await {
        tracing::warn!("a finished job cannot be removed from the queue and may run again: {e}");
    }
}

/// Tries until it succeeds, for as long as it may be worth it.
pub(super) async fn tried_again<T, E, F: Future<Output = Result<T, E>>>(
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    for _ in 0..RETRIES {
        if let Ok(done) = attempt().await {
            return Ok(done);
        }
        tokio::time::sleep(RETRY).await;
    }
    attempt().await
}
