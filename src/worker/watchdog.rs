//! The watchdog that kills a worker which makes no progress with a request.

use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::child::{StallDetector, StallLimits, Stalled, Supervised, Turn};

/// Interval at which the worker is checked. Our choice.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Kills a worker that stalls, so that its reader finds the pipe closed.
pub(super) struct Watchdog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Number of requests so far.
    requests: u64,
}

struct Shared {
    state: Mutex<WatchState>,
    changed: Condvar,
}

enum WatchState {
    /// No request is running.
    Idle,
    /// The request of this number is running.
    Running(StallLimits, u64),
    /// The worker stalled and was killed.
    Stalled(Stalled),
    /// The watchdog has to end.
    Over,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, WatchState> {
        // The state is valid at any time, even if a holder of the lock panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: WatchState) {
        let mut now = self.lock();
        if !matches!(*now, WatchState::Stalled(_)) || matches!(state, WatchState::Over) {
            *now = state;
        }
        drop(now);
        self.changed.notify_all();
    }
}

impl Watchdog {
    /// A watchdog over a worker, without a request.
    pub(super) fn over(child: &Child) -> Self {
        let pid = Pid::from_child(child);
        let shared = Arc::new(Shared {
            state: Mutex::new(WatchState::Idle),
            changed: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || supervise(&own, pid));
        Self {
            shared,
            thread: Some(thread),
            requests: 0,
        }
    }

    /// A request begins.
    pub(super) fn begin(&mut self, limits: StallLimits) {
        self.requests += 1;
        self.shared.set(WatchState::Running(limits, self.requests));
    }

    /// The request has ended.
    pub(super) fn end(&self) {
        self.shared.set(WatchState::Idle);
    }

    /// How the worker stalled, if it did.
    pub(super) fn found(&self) -> Option<Stalled> {
        match *self.shared.lock() {
            WatchState::Stalled(stalled) => Some(stalled),
            _ => None,
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.set(WatchState::Over);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

fn supervise(shared: &Shared, pid: Pid) {
    let mut detector: Option<(u64, StallDetector)> = None;
    let mut state = shared.lock();
    loop {
        state = match &*state {
            WatchState::Over | WatchState::Stalled(_) => return,
            WatchState::Idle => {
                detector = None;
                let waited = shared.changed.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
            WatchState::Running(limits, request) => {
                let (limits, request) = (*limits, *request);
                // Each request has limits of its own.
                let kept = detector.take().filter(|(of, _)| *of == request);
                let (_, watched) = detector.insert(kept.unwrap_or_else(|| {
                    (
                        request,
                        StallDetector::new(Supervised::Process(pid), limits),
                    )
                }));
                if let Some(stalled) = watched.check(0, Turn::Theirs) {
                    *state = WatchState::Stalled(stalled);
                    let _already_dead = kill_process(pid, Signal::KILL);
                    return;
                }
                let waited = shared.changed.wait_timeout(state, CHECK_INTERVAL);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}
