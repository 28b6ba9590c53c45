//! Takes orders from the queue and works them off, a few at a time, whatever becomes of the queue meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::bench::Bench;
use super::order::Order;
use super::queue::Queue;
use super::shared::Shared;

/// Time between two signs of life of a worker: a third of that after which it is taken for dead.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Time between two looks for an order.
const LOOK: Duration = Duration::from_millis(100);
/// Pause after the queue was lost.
const PAUSE: Duration = Duration::from_secs(5);
/// Times that something is tried again, and the pause between.
const RETRIES: u32 = 10;
const RETRY: Duration = Duration::from_secs(1);

impl Queue {
    /// Works orders off until `stop`; orders under way are ended first.
    pub async fn work_on(self, bench: Bench, at_once: usize, stop: CancellationToken) {
        let slots = Arc::new(Semaphore::new(at_once));
        let mut under_way = JoinSet::new();
        let mut _ends_with_this = None;
        if let Self::Redis(shared) = &self {
            // Others must know of a worker before it begins anything.
            while let Err(e) = shared.show_life().await {
                tracing::error!("orders are not taken for {PAUSE:?}: {e}");
                let waited = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
                if waited.is_none() {
                    return;
                }
            }
            let living = tokio::spawn(live(shared.clone()));
            _ends_with_this = Some(AbortOnDropHandle::new(living));
        }
        let free = || Arc::clone(&slots).acquire_owned();
        while let Some(slot) = stop.run_until_cancelled(free()).await {
            let wait = match self.take().await {
                Ok(Some(text)) => {
                    let (queue, bench) = (self.clone(), bench.clone());
                    under_way.spawn(async move {
                        work(&queue, bench, &text).await;
                        drop(slot);
                    });
                    Duration::ZERO
                }
                Ok(None) => LOOK,
                Err(e) => {
                    tracing::error!("orders are not taken for {PAUSE:?}: {e}");
                    PAUSE
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(wait)).await;
            while under_way.try_join_next().is_some() {}
        }
        while under_way.join_next().await.is_some() {}
    }
}

/// Shows other machines that this one lives. Where that fails no order is taken either, which is logged.
async fn live(shared: Shared) {
    loop {
        let _seen_elsewhere = shared.show_life().await;
        tokio::time::sleep(HEARTBEAT).await;
    }
}

async fn work(queue: &Queue, bench: Bench, text: &str) {
    match serde_json::from_str::<Order>(text) {
        Err(e) => tracing::error!("an order that cannot be read is dropped: {e}"),
        Ok(order) => {
            // A task of its own, so that a panic is seen.
            let (performer, performed) = (bench.clone(), order.clone());
            let worked = tokio::spawn(async move { performer.perform(&performed).await });
            if worked.await.is_err() {
                bench.give_up(&order, "the program failed at it").await;
            }
        }
    }
    if let Err(e) = tried_again(|| queue.end(text)).await {
        tracing::warn!("an order has ended and may be handed out again: {e}");
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
