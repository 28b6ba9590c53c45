//! The watch over a worker that has been asked something.

use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::child::{Patience, Stuck, Turn, Vigil, Whose};

/// How often the worker is looked at.
const TICK: Duration = Duration::from_millis(50);

/// Ends a worker from which no answer comes, so that whoever reads it meets the end of the pipe.
pub(super) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Questions so far.
    questions: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    /// Nothing was asked.
    Idle,
    /// An answer is waited for, to the question of this number.
    Asked(Patience, u64),
    /// It was ended.
    Stuck(Stuck),
    /// The watch is over.
    Over,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left one whole state or another.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: State) {
        let mut now = self.lock();
        if !matches!(*now, State::Stuck(_)) || matches!(state, State::Over) {
            *now = state;
        }
        drop(now);
        self.changed.notify_all();
    }
}

impl Watch {
    /// Begins, with nothing asked.
    pub(super) fn over(child: &Child) -> Self {
        let pid = Pid::from_child(child);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Idle),
            changed: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || keep(&own, pid));
        Self {
            shared,
            thread: Some(thread),
            questions: 0,
        }
    }

    /// From now on an answer is waited for.
    pub(super) fn begin(&mut self, patience: Patience) {
        self.questions += 1;
        self.shared.set(State::Asked(patience, self.questions));
    }

    /// The answer came, or never will.
    pub(super) fn end(&self) {
        self.shared.set(State::Idle);
    }

    /// How it was found stuck, if it was.
    pub(super) fn found(&self) -> Option<Stuck> {
        match *self.shared.lock() {
            State::Stuck(stuck) => Some(stuck),
            _ => None,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.set(State::Over);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn keep(shared: &Shared, pid: Pid) {
    let mut vigil: Option<(u64, Vigil)> = None;
    let mut state = shared.lock();
    loop {
        state = match &*state {
            State::Over | State::Stuck(_) => return,
            State::Idle => {
                vigil = None;
                let waited = shared.changed.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
            State::Asked(patience, question) => {
                let (patience, question) = (*patience, *question);
                // Each question has a patience of its own.
                let kept = vigil.take().filter(|(asked, _)| *asked == question);
                let (_, watched) = vigil.insert(
                    kept.unwrap_or_else(|| (question, Vigil::new(Whose::Process(pid), patience))),
                );
                if let Some(stuck) = watched.look(0, Turn::Its) {
                    *state = State::Stuck(stuck);
                    let _already_dead = kill_process(pid, Signal::KILL);
                    return;
                }
                let waited = shared.changed.wait_timeout(state, TICK);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}
