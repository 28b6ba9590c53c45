//! Slots for tasks that run at a time, and who gets the next one: those who wait are served by stake, and when too
//! many wait the next is turned away.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Those who wait, the highest stake first, and of equals the first that came.
type Waiting = BTreeMap<(Reverse<u64>, u64), oneshot::Sender<Slot>>;

#[derive(Debug)]
struct SlotState {
    free: usize,
    waiting: Waiting,
    /// Number of those who have waited so far.
    arrivals: u64,
}

/// The slots of this machine; clones share them.
#[derive(Debug, Clone)]
pub struct Slots {
    state: Arc<Mutex<SlotState>>,
    count: usize,
    max_waiting: usize,
}

/// One slot, given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    /// Nothing once the slot was passed on.
    state: Option<Arc<Mutex<SlotState>>>,
}

/// No slot is free, and no one else may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("all {count} places are taken, and {waiting} wait")]
pub struct SlotsFull {
    /// Number of slots.
    pub count: usize,
    /// Number of those who wait.
    pub waiting: usize,
}

impl Slots {
    /// So many slots, and so many who may wait for one.
    #[must_use]
    pub fn new(count: usize, max_waiting: usize) -> Self {
        Self {
            state: Arc::new(Mutex::new(SlotState {
                free: count,
                waiting: Waiting::new(),
                arrivals: 0,
            })),
            count,
            max_waiting,
        }
    }

    /// A slot, if one is free.
    ///
    /// # Errors
    /// None is free.
    pub fn try_enter(&self) -> Result<Slot, SlotsFull> {
        let mut state = locked(&self.state);
        if state.free == 0 {
            return Err(self.full(&state));
        }
        state.free -= 1;
        Ok(self.slot())
    }

    /// Waits for a slot. Those with more stake are served before those with less.
    ///
    /// # Errors
    /// Too many wait already.
    pub async fn enter(&self, stake: u64) -> Result<Slot, SlotsFull> {
        let turn = {
            let mut state = locked(&self.state);
            if state.free > 0 {
                state.free -= 1;
                return Ok(self.slot());
            }
            // Those who gave up waiting do not count.
            state.waiting.retain(|_, sender| !sender.is_closed());
            if state.waiting.len() >= self.max_waiting {
                return Err(self.full(&state));
            }
            let (sender, receiver) = oneshot::channel();
            let arrival = state.arrivals;
            state.arrivals += 1;
            state.waiting.insert((Reverse(stake), arrival), sender);
            receiver
        };
        turn.await.map_err(|_| self.full(&locked(&self.state)))
    }

    /// Number of slots.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Numbers of slots that are taken, and of those who wait.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        let state = locked(&self.state);
        let waiting = state.waiting.values().filter(|s| !s.is_closed()).count();
        (self.count - state.free, waiting)
    }

    fn slot(&self) -> Slot {
        Slot {
            state: Some(Arc::clone(&self.state)),
        }
    }

    fn full(&self, state: &SlotState) -> SlotsFull {
        SlotsFull {
            count: self.count,
            waiting: state.waiting.len(),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(shared) = self.state.take() else {
            return;
        };
        loop {
            let next = {
                let mut state = locked(&shared);
                match state.waiting.pop_first() {
                    Some((_, sender)) => sender,
                    None => {
                        state.free += 1;
                        return;
                    }
                }
            };
            let slot = Self {
                state: Some(Arc::clone(&shared)),
            };
            match next.send(slot) {
                Ok(()) => return,
                // Whoever waited has given up, and the slot is passed on from here.
                Err(mut unused) => unused.state = None,
            }
        }
    }
}

/// A panic while it was locked leaves the counts as they were.
fn locked(state: &Mutex<SlotState>) -> MutexGuard<'_, SlotState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
