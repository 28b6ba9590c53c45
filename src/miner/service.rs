//! What every protocol shares: who we are, who may ask, places to work at, and what becomes of it.

use std::sync::{Arc, PoisonError, RwLock};

use super::rounds::Rounds;
use super::tasks::{Maker, Slots, Workplace};
use super::validators::Validators;
use crate::domain::Task;
use crate::wallet::Hotkey;

/// What an operator may change while the miner runs.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// Who makes videos, and how.
    pub maker: Maker,
    /// What is worked on.
    pub tasks: Vec<Task>,
    /// What is competed in.
    pub warrant: Task,
    /// Seconds of video that can be enlarged.
    pub content_length: u8,
    /// Alpha that an axon's caller must hold.
    pub least_stake: f64,
}

/// Where videos are made, on whatever machine.
pub struct Workshop {
    /// Places to work at.
    pub slots: Slots,
    /// Where that happens.
    pub workplace: Workplace,
    /// What became of it.
    pub rounds: Rounds,
    tuning: RwLock<Arc<Tuning>>,
}

/// A miner without its protocols.
pub struct Service {
    /// Who signs.
    pub hotkey: Hotkey,
    /// Who may ask.
    pub validators: Validators,
    /// Where videos are made.
    pub shop: Arc<Workshop>,
}

impl Workshop {
    /// Of its parts.
    #[must_use]
    pub fn new(slots: Slots, workplace: Workplace, rounds: Rounds, tuning: Tuning) -> Self {
        Self {
            slots,
            workplace,
            rounds,
            tuning: RwLock::new(Arc::new(tuning)),
        }
    }

    /// How things are done now.
    #[must_use]
    pub fn tuning(&self) -> Arc<Tuning> {
        Arc::clone(&self.tuning.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does things differently from now on; what is under way goes on as it began.
    pub fn tune(&self, tuning: Tuning) {
        *self.tuning.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tuning);
    }
}
