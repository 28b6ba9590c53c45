//! Places to work at, and who gets the next one: those who wait are served by stake, and nobody waits
//! where too many do.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Who waits, the highest stake first, and of equals who came first.
type Waiting = BTreeMap<(Reverse<u64>, u64), oneshot::Sender<Slot>>;

#[derive(Debug)]
struct State {
    free: usize,
    waiting: Waiting,
    came: u64,
}

/// Places to work at.
#[derive(Debug, Clone)]
pub struct Slots {
    state: Arc<Mutex<State>>,
    places: usize,
    most_waiting: usize,
}

/// One place, given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    /// Nothing once the place was passed on.
    state: Option<Arc<Mutex<State>>>,
}

/// No place is free, and nobody more may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("all {places} places are taken, and {waiting} wait")]
pub struct Full {
    /// Places there are.
    pub places: usize,
    /// Who waits.
    pub waiting: usize,
}

impl Slots {
    /// So many places, and so many who may wait for one.
    #[must_use]
    pub fn new(places: usize, most_waiting: usize) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                free: places,
                waiting: Waiting::new(),
                came: 0,
            })),
            places,
            most_waiting,
        }
    }

    /// A place, if one is free now and nobody waits for it.
    ///
    /// # Errors
    /// None is.
    pub fn try_enter(&self) -> Result<Slot, Full> {
        let mut state = locked(&self.state);
        if state.free == 0 {
            return Err(self.full(&state));
        }
        state.free -= 1;
        Ok(self.slot())
    }

    /// A place, waited for if need be. Who has more stake is served before who has less.
    ///
    /// # Errors
    /// At once, where too many wait.
    pub async fn enter(&self, stake: u64) -> Result<Slot, Full> {
        let turn = {
            let mut state = locked(&self.state);
            if state.free > 0 {
                state.free -= 1;
                return Ok(self.slot());
            }
            // Those who gave up waiting take no room.
            state.waiting.retain(|_, sender| !sender.is_closed());
            if state.waiting.len() >= self.most_waiting {
                return Err(self.full(&state));
            }
            let (sender, receiver) = oneshot::channel();
            let place = state.came;
            state.came += 1;
            state.waiting.insert((Reverse(stake), place), sender);
            receiver
        };
        turn.await.map_err(|_| self.full(&locked(&self.state)))
    }

    /// Places there are.
    #[must_use]
    pub const fn places(&self) -> usize {
        self.places
    }

    /// Places that are taken, and how many wait.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        let state = locked(&self.state);
        let waiting = state.waiting.values().filter(|s| !s.is_closed()).count();
        (self.places - state.free, waiting)
    }

    fn slot(&self) -> Slot {
        Slot {
            state: Some(Arc::clone(&self.state)),
        }
    }

    fn full(&self, state: &State) -> Full {
        Full {
            places: self.places,
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
                // Whoever waited has gone, and the place is passed on from here.
                Err(mut unused) => unused.state = None,
            }
        }
    }
}

/// A panic elsewhere leaves the counts as they were.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
