//! Works an order off: the input comes, the result is made, checked and stored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::order::Order;
use super::results::{Results, State};
use super::work::tried_again;
use crate::miner::rounds::{Outcome, Served};
use crate::miner::service::Workshop;
use crate::miner::storage::Storage;
use crate::miner::tasks::{Fetch, MadeVideo};

/// Seconds for which a result that is made can be asked for again beyond the life of its link.
const AFTER: f64 = 60.0;
/// Seconds for which a failure can be asked for.
const FAILURE_KEPT: f64 = 3600.0;
/// Share of the time that is kept for storing, and its bounds in seconds.
const KEPT: (f64, f64, f64) = (0.1, 0.5, 15.0);

/// Where orders are worked off.
#[derive(Clone)]
pub struct Bench {
    /// Slots, folders and makers.
    pub shop: Arc<Workshop>,
    /// Where results go.
    pub storage: Storage,
    /// Who fetches inputs.
    pub fetch: Fetch,
    /// Where it is written down.
    pub results: Results,
}

/// What an order came to.
struct Finished {
    made: MadeVideo,
    url: String,
    until: u64,
    bytes: (u64, u64),
}

impl Bench {
    /// Works one off, whatever comes of it.
    pub async fn perform(&self, order: &Order) {
        match self.results.state(&order.id).await {
            Ok(Some(State::Done(_) | State::Failed(_))) => return,
            Ok(_) => {}
            Err(e) => tracing::error!("the state of {} is unknown: {e}", order.id),
        }
        let start = Instant::now();
        let worked = self.work(order).await;
        let (state, ends) = match &worked {
            Ok(done) => (State::Done(done.url.clone()), done.until as f64 + AFTER),
            Err(why) => (
                State::Failed(why.clone()),
                crate::miner::now() + FAILURE_KEPT,
            ),
        };
        match tried_again(|| self.results.end(&order.id, &state, ends)).await {
            Ok(true) => {}
            // Its caller has gone, or another worker took it over because this one was taken for dead.
            Ok(false) => {
                tracing::warn!(
                    "{} had ended before; this result goes with its time",
                    order.id
                );
                return;
            }
            Err(e) => tracing::error!("what became of {} is lost: {e}", order.id),
        }
        self.shop.rounds.keep(served(order, worked, start)).await;
    }

    /// Records that a job has failed for good, and why.
    pub(super) async fn give_up(&self, order: &Order, why: &str) {
        let ends = crate::miner::now() + FAILURE_KEPT;
        let state = State::Failed(why.to_owned());
        if let Err(e) = tried_again(|| self.results.end(&order.id, &state, ends)).await {
            tracing::error!("what became of {} is lost: {e}", order.id);
        }
        let failed = served(order, Err(why.to_owned()), Instant::now());
        self.shop.rounds.keep(failed).await;
    }

    async fn work(&self, order: &Order) -> Result<Finished, String> {
        let left = order.until - crate::miner::now();
        if left <= 0.0 {
            return Err("nobody wants it any more".into());
        }
        let until = Instant::now() + Duration::from_secs_f64(left);
        let slot = self.shop.slots.enter(order.stake);
        let slot = tokio::time::timeout_at(until.into(), slot).await;
        let _slot = slot
            .map_err(|_| "no place was free in time".to_owned())?
            .map_err(|full| full.to_string())?;
        let place = self
            .shop
            .workplace
            .begin(&order.id)
            .map_err(|e| e.to_string())?;
        let (input, output) = (place.file("input.mp4"), place.file("output.mp4"));
        let came = self.fetch.fetch(&order.url, &input, until).await;
        let came = came.map_err(|e| e.to_string())?;
        let (share, least, most) = KEPT;
        let kept = (left * share).clamp(least, most);
        let made_by = until
            .checked_sub(Duration::from_secs_f64(kept))
            .unwrap_or_else(Instant::now);
        let tuning = self.shop.tuning();
        let made = tuning
            .maker
            .make(&order.work, &input, &output, made_by)
            .await;
        let made = made.map_err(|e| e.to_string())?;
        let went = tokio::fs::metadata(&output)
            .await
            .map_err(|e| e.to_string())?
            .len();
        let name = format!("processing/{}/{}.mp4", order.work.task().noun(), order.id);
        let stored = self.storage.put_before(&name, &output, Some(until)).await;
        let (url, link_ends) = stored.map_err(|e| format!("it could not be stored: {e}"))?;
        Ok(Finished {
            made,
            url,
            until: link_ends,
            bytes: (came, went),
        })
    }
}

fn served(order: &Order, worked: Result<Finished, String>, start: Instant) -> Served {
    let mut served = Served {
        at: crate::miner::now(),
        protocol: "axon".into(),
        validator: Some(order.caller),
        task: Some(order.work.task()),
        name: order.name.clone(),
        outcome: Outcome::Failed,
        reason: String::new(),
        score: None,
        vmaf: None,
        threshold: None,
        bytes: (0, 0),
        seconds: start.elapsed().as_secs_f64(),
        by: String::new(),
        device: String::new(),
        rules: String::new(),
    };
    match worked {
        Ok(done) => {
            served.outcome = Outcome::Delivered;
            served.reason = "delivered".into();
            served.bytes = done.bytes;
            served.describe(&done.made);
        }
        Err(why) => served.reason = why,
    }
    served
}
