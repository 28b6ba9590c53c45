//! The axon of one miner, and which callers it admits.

use std::sync::Arc;
use std::time::Duration;

use super::admission::{Admission, AdmissionRules, Caller};
use super::class::Class;
use super::headers::AxonHeaders;
use super::memory::NonceMemory;
use super::nonces::NonceLog;
use super::refusal::AxonRefusal;
use crate::miner::clock::now;
use crate::miner::jobs::{JobStore, Queue};
use crate::miner::service::Service;
use crate::subnet::{Alpha, RAO};

/// Seconds for which the state of a job can be read at least. Our choice. A result can be read for as long as its
/// link is valid, and a minute more.
const MIN_RETENTION: f64 = 3.0 * 3600.0;

/// The axon of one miner.
pub struct AxonServer {
    pub(super) service: Arc<Service>,
    admission: Admission,
    nonces: NonceLog,
    pub(super) queue: Queue,
    pub(super) jobs: JobStore,
    /// Jobs that may wait beyond those that have a slot.
    pub(super) max_waiting: u64,
    /// Seconds after its deadline for which the state of a job can be read.
    pub(super) retention: f64,
    /// Held while the pending jobs are counted and new ones are added.
    pub(super) counting: tokio::sync::Mutex<()>,
}

impl AxonServer {
    /// An axon with the nonces that were stored before a restart.
    #[must_use]
    pub fn new(
        service: Arc<Service>,
        nonces: NonceLog,
        memory: NonceMemory,
        queue: Queue,
        jobs: JobStore,
        max_waiting: u64,
        link_life: Duration,
    ) -> Self {
        let admission = Admission::new(service.hotkey.address(), memory);
        Self {
            service,
            admission,
            nonces,
            queue,
            jobs,
            max_waiting,
            retention: MIN_RETENTION.max(link_life.as_secs_f64() + 60.0),
            counting: tokio::sync::Mutex::new(()),
        }
    }

    /// Admits a caller, and stores its nonce before anything is done for it.
    pub(super) async fn admit(
        &self,
        class: Class,
        headers: &AxonHeaders,
    ) -> Result<Caller, AxonRefusal> {
        let tuning = self.service.tasks.tuning();
        let metagraph = self.service.validators.metagraph();
        let owner = metagraph.as_ref().and_then(|m| m.owner_hotkey.as_ref());
        let rules = AdmissionRules {
            least_stake: Alpha::from_rao((tuning.least_stake * RAO as f64) as u64),
            owner: owner.filter(|_| class.is_the_owners()),
        };
        let view = self.service.validators.view();
        let nanos = (now() * 1e9) as u64;
        let caller = self
            .admission
            .admit(headers, view.as_deref(), rules, nanos)?;
        let uuid = headers.uuid.clone().unwrap_or_default();
        let nonce = headers.nonce.unwrap_or(0);
        let stored = self.nonces.store(caller.hotkey.to_string(), uuid, nonce);
        stored.await.map_err(|e| {
            tracing::error!("a nonce cannot be written down: {e}");
            AxonRefusal::new(503, "This miner cannot remember the nonce")
        })?;
        Ok(caller)
    }
}
