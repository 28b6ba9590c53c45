//! What every protocol shares: the hotkey, the validators, and the service that processes tasks.

use std::sync::{Arc, PoisonError, RwLock};

use super::request_log::RequestLog;
use super::tasks::{Maker, Slots, TaskDirs};
use super::validators::Validators;
use crate::domain::Task;
use crate::wallet::Hotkey;

/// Settings that an operator may change while the miner runs.
#[derive(Debug, Clone)]
pub struct Tuning {
    pub maker: Maker,
    /// Tasks that are accepted.
    pub tasks: Vec<Task>,
    /// The task that the miner is scored for.
    pub warrant: Task,
    /// Seconds of video that can be upscaled.
    pub content_length: u8,
    /// Alpha that a caller of the axon must hold.
    pub least_stake: f64,
}

/// Processes tasks on this machine, be it the miner's or a worker's.
pub struct TaskService {
    pub slots: Slots,
    pub dirs: TaskDirs,
    pub requests: RequestLog,
    tuning: RwLock<Arc<Tuning>>,
}

/// A miner without its protocols.
pub struct Service {
    pub hotkey: Hotkey,
    pub validators: Validators,
    pub tasks: Arc<TaskService>,
}

impl TaskService {
    /// Puts the parts together.
    #[must_use]
    pub fn new(slots: Slots, dirs: TaskDirs, requests: RequestLog, tuning: Tuning) -> Self {
        Self {
            slots,
            dirs,
            requests,
            tuning: RwLock::new(Arc::new(tuning)),
        }
    }

    /// The settings in force.
    #[must_use]
    pub fn tuning(&self) -> Arc<Tuning> {
        Arc::clone(&self.tuning.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the settings. Tasks under way go on with those that they began with.
    pub fn tune(&self, tuning: Tuning) {
        *self.tuning.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tuning);
    }
}
