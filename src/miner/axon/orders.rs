//! Orders for the videos of a synapse: taken when there is room, waited for, given up with their caller.

use std::time::{Duration, Instant};

use super::gate::Caller;
use super::media::{Asked, media};
use super::refusal::AxonRefusal;
use super::serve::{AxonServer, answer};
use super::synapse::Synapse;
use crate::domain::Task;
use crate::miner::jobs::{Order, QueueError, Results, State as JobState};
use crate::miner::tasks::printable;
use crate::subnet::RAO;

/// Time that a job gets: the caller asks again every minute, twenty times.
const JOB: Duration = Duration::from_secs(20 * 60);
/// Seconds that an answer takes to reach the caller.
const WAY_BACK: Duration = Duration::from_millis(500);
/// Characters of a job's name.
const LONGEST_NAME: usize = 128;
/// Characters of an address that is fetched from.
const LONGEST_URL: usize = 4096;
/// Less time than any video takes.
const SHORTEST: Duration = Duration::from_secs(1);

impl AxonServer {
    /// Orders for the videos of a synapse, each at its place; nothing where the video is none that is made
    /// here.
    fn orders(
        &self,
        asked: Vec<Asked>,
        task: Task,
        caller: &Caller,
        name: &str,
        time: Duration,
    ) -> Vec<Option<Order>> {
        let name = printable(name);
        if !self.service.shop.tuning().tasks.contains(&task) {
            tracing::info!(
                "{name}: {} is not among the tasks of this miner",
                task.noun()
            );
            return asked.iter().map(|_| None).collect();
        }
        if time < SHORTEST {
            tracing::info!("{name}: its caller waits no longer");
            return asked.iter().map(|_| None).collect();
        }
        let until = crate::miner::now() + time.as_secs_f64();
        let order = |one: Asked| {
            let work = match one.work {
                Ok(work) if one.url.len() <= LONGEST_URL => work,
                Ok(_) => {
                    tracing::info!("{name}: an address is too long");
                    return None;
                }
                Err(e) => {
                    tracing::info!("{name}: {e}");
                    return None;
                }
            };
            Some(Order {
                id: uuid::Uuid::new_v4().simple().to_string(),
                work,
                url: one.url,
                until,
                stake: caller.stake.rao() / RAO,
                caller: caller.hotkey,
                name: name.clone(),
            })
        };
        asked.into_iter().map(order).collect()
    }

    /// Puts orders into the queue, all of them or none. `first` is done when there is room, before them.
    async fn place(
        &self,
        orders: Vec<Order>,
        first: impl Future<Output = Result<bool, QueueError>>,
    ) -> Result<bool, AxonRefusal> {
        let broken = |e: &dyn std::fmt::Display| {
            tracing::error!("orders cannot be taken: {e}");
            AxonRefusal::new(503, "This miner cannot take orders now")
        };
        // Counting and putting in are one, whoever else asks.
        let _one_at_a_time = self.counting.lock().await;
        let waiting = self.results.waited_for(crate::miner::now()).await;
        let waiting = waiting.map_err(|e| broken(&e))?;
        let places = self.waiting + self.service.shop.slots.places() as u64;
        if waiting + orders.len() as u64 > places {
            return Err(AxonRefusal::new(
                429,
                format!("This miner is busy: {waiting} tasks are waited for"),
            ));
        }
        if !first.await.map_err(|e| broken(&e))? {
            return Ok(false);
        }
        for order in orders {
            let (id, until) = (order.id.clone(), order.until);
            let begun = self.results.begin(&id, until, until + self.kept).await;
            begun.map_err(|e| broken(&e))?;
            self.queue.push(&order).await.map_err(|e| broken(&e))?;
        }
        Ok(true)
    }

    /// Videos that the caller waits for.
    pub(super) async fn videos(
        &self,
        synapse: &mut Synapse,
        task: Task,
        caller: &Caller,
    ) -> Result<(), AxonRefusal> {
        let asked = taken_apart(synapse, task)?;
        let name = synapse.text("round_id").unwrap_or_default().to_owned();
        let until = caller.until.checked_sub(WAY_BACK).unwrap_or(caller.until);
        let time = until.saturating_duration_since(Instant::now());
        let orders = self.orders(asked, task, caller, &name, time);
        let ids = names(&orders);
        let mut given_up = GivenUp {
            results: self.results.clone(),
            orders: ids.iter().flatten().cloned().collect(),
        };
        let placed: Vec<Order> = orders.into_iter().flatten().collect();
        self.place(placed, std::future::ready(Ok(true))).await?;
        let mut urls = Vec::with_capacity(ids.len());
        for order in ids {
            let state = match order {
                Some(order) => self.results.wait(&order, until).await,
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
        given_up.orders.clear();
        answer(synapse, "miner_response", &urls);
        Ok(())
    }

    /// A job that the caller asks for again and again.
    pub(super) async fn job(
        &self,
        synapse: &mut Synapse,
        task: Task,
        caller: &Caller,
    ) -> Result<(), AxonRefusal> {
        let asked = taken_apart(synapse, task)?;
        let name = synapse.text("job_id").unwrap_or_default().to_owned();
        let accepted = if name.is_empty() || name.len() > LONGEST_NAME {
            tracing::info!("a job without a name is not accepted");
            false
        } else {
            match self.results.job(&caller.hotkey, &name).await {
                // Asked for again, because the answer was lost: the job is under way.
                Ok(Some(_)) => true,
                Ok(None) => self.begin(asked, task, caller, &name).await,
                Err(e) => {
                    tracing::error!("the state of a job is unknown: {e}");
                    false
                }
            }
        };
        synapse.set_within("job_response", "accepted", accepted.into());
        Ok(())
    }

    /// Begins a job; whether it is accepted.
    async fn begin(&self, asked: Vec<Asked>, task: Task, caller: &Caller, name: &str) -> bool {
        let orders = self.orders(asked, task, caller, name, JOB);
        let ids = names(&orders);
        let orders: Vec<Order> = orders.into_iter().flatten().collect();
        if orders.is_empty() {
            return false;
        }
        let ends = crate::miner::now() + JOB.as_secs_f64() + self.kept;
        let first = self.results.begin_job(&caller.hotkey, name, &ids, ends);
        match self.place(orders, first).await {
            // Not the first of two that came together: the other one placed the orders.
            Ok(_) => true,
            Err(refusal) => {
                tracing::info!("a job is not accepted: {refusal}");
                false
            }
        }
    }
}

fn taken_apart(synapse: &Synapse, task: Task) -> Result<Vec<Asked>, AxonRefusal> {
    media(synapse, task).map_err(|e| AxonRefusal::new(400, e.to_string()))
}

/// Names of orders, each at its place.
fn names(orders: &[Option<Order>]) -> Vec<Option<String>> {
    let names = orders.iter().map(|o| Some(o.as_ref()?.id.clone()));
    names.collect()
}

/// Orders of a caller that is connected. If it goes away nobody wants them any more.
struct GivenUp {
    results: Results,
    orders: Vec<String>,
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        let orders = std::mem::take(&mut self.orders);
        let (false, Ok(runtime)) = (orders.is_empty(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let results = self.results.clone();
        runtime.spawn(async move {
            let gone = JobState::Failed("its caller went away".into());
            for order in orders {
                let ends = crate::miner::now() + JOB.as_secs_f64();
                if let Err(e) = results.end(&order, &gone, ends).await {
                    tracing::error!("an order that nobody wants stays: {e}");
                }
            }
        });
    }
}
