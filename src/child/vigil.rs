//! How long a program that does not get on is waited for.

use std::time::{Duration, Instant};

use super::pulse::{Pulse, State, Whose};

/// How often the system is asked. In between, only what the caller knows counts.
const LOOK: Duration = Duration::from_millis(500);
/// Most that one step of the clock counts: while this process itself was stopped or the machine slept,
/// nobody was waited for.
const STEP: Duration = Duration::from_millis(100);
/// Ticks between two looks that a program may spend on timers of its own and still count as idle.
const IDLE_TICKS: u64 = 1;

/// How long nothing may come of a program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Patience {
    /// While it does nothing at all.
    idle: Duration,
    /// While it computes, but moves no byte.
    busy: Duration,
}

impl Patience {
    /// For an encoder of pictures of so many pixels. Slow encoders look at dozens of frames before the first
    /// byte leaves them, and a frame at 8K may take them half a minute.
    pub(crate) fn with_encoder(pixels: u64) -> Self {
        Self::growing(20.0, 2.0, 120.0, 60.0, pixels)
    }

    /// For a network that works on so many pixels: minutes a frame on a processor.
    pub(crate) fn with_network(pixels: u64) -> Self {
        Self::growing(30.0, 2.0, 600.0, 300.0, pixels)
    }

    /// Seconds in any case and for each million of pixels.
    fn growing(idle: f64, idle_each: f64, busy: f64, busy_each: f64, pixels: u64) -> Self {
        let millions = pixels as f64 / 1e6;
        Self {
            idle: Duration::from_secs_f64(idle + idle_each * millions),
            busy: Duration::from_secs_f64(busy + busy_each * millions),
        }
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The program's: it has what it needs.
    Its,
    /// That of whoever feeds it.
    Ours,
}

/// A program that does not get on.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("it made no progress for {} s{}, so it was stopped", .seconds.round(), if *.idle { " and used no CPU" } else { "" })]
pub(crate) struct Stuck {
    /// How long nothing came of it.
    pub(crate) seconds: f64,
    /// Whether it did nothing at all in that time.
    pub(crate) idle: bool,
}

/// Keeps watch over one program.
pub(crate) struct Vigil {
    whose: Whose,
    patience: Patience,
    /// Bytes that the caller knows of.
    known: u64,
    seen: Option<Pulse>,
    /// When the clock was read last, and when the system was asked.
    read: Instant,
    asked: Instant,
    /// How long nothing has come, and for how long it has been idle.
    still: Duration,
    idle: Duration,
}

impl Vigil {
    /// Begins now.
    pub(crate) fn new(whose: Whose, patience: Patience) -> Self {
        let now = Instant::now();
        Self {
            whose,
            patience,
            known: 0,
            seen: None,
            read: now,
            asked: now,
            still: Duration::ZERO,
            idle: Duration::ZERO,
        }
    }

    /// A look, to be repeated while it runs. `known` counts the bytes that the caller saw move.
    pub(crate) fn look(&mut self, known: u64, turn: Turn) -> Option<Stuck> {
        let now = Instant::now();
        let step = now.duration_since(self.read).min(STEP);
        self.read = now;
        if turn == Turn::Ours || known != self.known {
            self.known = known;
            self.begin_again();
            return None;
        }
        self.still += step;
        self.idle += step;
        if now.duration_since(self.asked) >= LOOK {
            self.asked = now;
            self.ask();
        }
        let idle = self.idle >= self.patience.idle;
        (idle || self.still >= self.patience.busy).then_some(Stuck {
            seconds: self.still.as_secs_f64(),
            idle,
        })
    }

    fn begin_again(&mut self) {
        (self.still, self.idle) = (Duration::ZERO, Duration::ZERO);
        self.seen = None;
    }

    fn ask(&mut self) {
        let pulse = self.whose.pulse();
        match (self.seen, pulse) {
            // The system does not tell: nobody is ended on a guess.
            (_, None) => self.begin_again(),
            (None, Some(_)) => {}
            (Some(before), Some(now)) => self.weigh(before, now),
        }
        self.seen = pulse;
    }

    fn weigh(&mut self, before: Pulse, now: Pulse) {
        if now.state == State::Blocked || (now.bytes.is_some() && now.bytes != before.bytes) {
            return self.begin_again();
        }
        if now.state == State::Runs || now.ticks > before.ticks + IDLE_TICKS {
            self.idle = Duration::ZERO;
            // Without its bytes nobody knows what comes of its work.
            if now.bytes.is_none() {
                self.still = Duration::ZERO;
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use rustix::process::Pid;
    use std::process::{Child, Command};

    fn short() -> Patience {
        Patience {
            idle: Duration::from_secs(2),
            busy: Duration::from_secs(4),
        }
    }

    fn watched(
        program: &mut Command,
        patience: Patience,
        known: impl Fn(f64) -> u64,
    ) -> Option<Stuck> {
        let mut child: Child = program.spawn().unwrap();
        let mut vigil = Vigil::new(Whose::Process(Pid::from_child(&child)), patience);
        let begun = Instant::now();
        let mut found = None;
        while found.is_none() && begun.elapsed() < Duration::from_secs(7) {
            std::thread::sleep(Duration::from_millis(20));
            found = vigil.look(known(begun.elapsed().as_secs_f64()), Turn::Its);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        found
    }

    #[test]
    fn one_that_does_nothing_is_found_out_early_and_one_that_computes_late() {
        let idle = watched(Command::new("sleep").arg("60"), short(), |_| 0).unwrap();
        assert!(idle.idle && idle.seconds < 3.5, "{idle:?}");
        let mut spin = Command::new("sh");
        spin.args(["-c", "while :; do :; done"]);
        let busy = watched(&mut spin, short(), |_| 0).unwrap();
        assert!(!busy.idle && busy.seconds >= 4.0, "{busy:?}");
    }

    #[test]
    fn one_that_moves_bytes_or_is_not_up_is_left_alone() {
        assert_eq!(
            watched(Command::new("sleep").arg("60"), short(), |t| t as u64),
            None
        );
        let mut writes = Command::new("sh");
        writes.args(["-c", "while :; do echo x > /dev/null; sleep 0.3; done"]);
        assert_eq!(watched(&mut writes, short(), |_| 0), None);
    }

    #[test]
    fn one_that_was_stopped_by_a_signal_is_waited_for() {
        let mut stopped = Command::new("sh");
        stopped.args(["-c", "kill -STOP $$"]);
        assert_eq!(watched(&mut stopped, short(), |_| 0), None);
    }

    #[test]
    fn patience_grows_with_the_picture() {
        let (small, large) = (Patience::with_encoder(0), Patience::with_encoder(8_294_400));
        assert_eq!(small.idle, Duration::from_secs(20));
        assert!(large.idle > small.idle && large.busy > small.busy * 4);
    }
}
