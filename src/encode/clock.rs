//! How long there is.

use std::time::{Duration, Instant};

/// Share of a deadline that is kept for putting the file in place.
const KEPT: f64 = 0.01;

/// A start and perhaps an end.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    deadline: Option<Duration>,
}

impl Clock {
    /// From `start` on, for as long as `deadline`.
    #[must_use]
    pub fn new(start: Instant, deadline: Option<Duration>) -> Self {
        Self { start, deadline }
    }

    /// Seconds since the start.
    #[must_use]
    pub fn elapsed(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Seconds that work may still take; nothing where there is no deadline.
    #[must_use]
    pub fn left(&self) -> Option<f64> {
        let deadline = self.deadline?.as_secs_f64();
        Some((deadline * (1.0 - KEPT) - self.elapsed()).max(0.0))
    }

    /// Whether there is time left.
    #[must_use]
    pub fn go_on(&self) -> bool {
        self.left().is_none_or(|left| left > 0.0)
    }

    /// When it began.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// The moment of the deadline.
    #[must_use]
    pub fn end(&self) -> Option<Instant> {
        self.start.checked_add(self.deadline?)
    }

    /// The deadline in seconds.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        self.deadline.map(|d| d.as_secs_f64())
    }
}
