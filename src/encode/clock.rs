//! The time that a run has.

use std::time::{Duration, Instant};

/// Fraction of a deadline that is reserved for delivering the file. Our choice.
const RESERVED_FRACTION: f64 = 0.01;

/// When a run started, and its deadline if it has one.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    deadline: Option<Duration>,
}

impl Clock {
    /// A run that started at `start` and must end within `deadline` from there.
    #[must_use]
    pub fn new(start: Instant, deadline: Option<Duration>) -> Self {
        Self { start, deadline }
    }

    /// Seconds since the start.
    #[must_use]
    pub fn elapsed(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Seconds of work that are left; nothing without a deadline.
    #[must_use]
    pub fn left(&self) -> Option<f64> {
        let deadline = self.deadline?.as_secs_f64();
        Some((deadline * (1.0 - RESERVED_FRACTION) - self.elapsed()).max(0.0))
    }

    /// Whether there is time left.
    #[must_use]
    pub fn go_on(&self) -> bool {
        self.left().is_none_or(|left| left > 0.0)
    }

    /// When the run started.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// The moment of the deadline; nothing without one.
    #[must_use]
    pub fn end(&self) -> Option<Instant> {
        self.start.checked_add(self.deadline?)
    }

    /// The deadline in seconds after the start; nothing without one.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        self.deadline.map(|d| d.as_secs_f64())
    }
}
