//! Time limits.

use std::time::Duration;

/// Longest wait between two rounds. Our choice.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Limits of time and of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// For one response.
    pub response: Duration,
    /// For everything together.
    pub total: Duration,
    /// How often the whole list of endpoints is tried.
    pub rounds: u32,
    /// Wait before the second round; it doubles from round to round, up to a minute.
    pub pause: Duration,
}

impl TimeLimits {
    /// Everything within `total`, at most a third of it for one connection or response.
    #[must_use]
    pub fn within(total: Duration) -> Self {
        let one = total / 3;
        Self {
            connect: one,
            response: one,
            total,
            rounds: 3,
            pause: (total / 20).min(Duration::from_secs(1)),
        }
    }

    /// Every endpoint once, without a limit on the whole.
    #[must_use]
    pub fn once_without_end(self) -> Self {
        Self {
            total: Duration::MAX,
            rounds: 1,
            ..self
        }
    }

    /// Wait before a round, counted from 0.
    #[must_use]
    pub fn before(&self, round: u32) -> Duration {
        match round {
            0 => Duration::ZERO,
            n => self
                .pause
                .saturating_mul(2_u32.saturating_pow(n - 1))
                .min(LONGEST_PAUSE),
        }
    }
}
