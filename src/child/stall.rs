//! How long to wait for a child process that makes no progress.

use std::time::{Duration, Instant};

use super::activity::{Activity, ProcessState, Supervised};

/// Time between two samples from `/proc`; in between, only the caller's own byte count is used. Our choice:
/// walking `/proc` for a process group takes milliseconds.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(500);
/// Most time that one call counts as waiting. Longer gaps mean that this process was stopped or the machine
/// was suspended. Our choice, well above the interval at which callers poll.
const MAX_STEP: Duration = Duration::from_millis(100);
/// Clock ticks of CPU time that an idle process may spend on its own timers between two samples. Our choice.
const IDLE_TICKS: u64 = 1;

/// How long a process may make no progress.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StallLimits {
    /// Without using the CPU.
    idle: Duration,
    /// Using the CPU, but without reading or writing a byte.
    busy: Duration,
}

impl StallLimits {
    /// For an encoder of frames of `pixels` pixels.
    pub(crate) fn for_encoder(pixels: u64) -> Self {
        ENCODER.limits(pixels)
    }

    /// For a network that processes `pixels` pixels in one request.
    pub(crate) fn for_network(pixels: u64) -> Self {
        NETWORK.limits(pixels)
    }
}

/// How the limits of a kind of process grow with its work. Seconds: a constant part, and a part per million
/// pixels.
struct Allowance {
    idle: (f64, f64),
    busy: (f64, f64),
}

/// Our choice: slow encoders buffer dozens of frames before they write the first byte, and one frame at 8K
/// may take them half a minute.
const ENCODER: Allowance = Allowance {
    idle: (20.0, 2.0),
    busy: (120.0, 60.0),
};

/// Our choice: on a CPU, a network takes minutes per frame.
const NETWORK: Allowance = Allowance {
    idle: (30.0, 2.0),
    busy: (600.0, 300.0),
};

impl Allowance {
    fn limits(&self, pixels: u64) -> StallLimits {
        let millions = pixels as f64 / 1e6;
        let seconds = |(least, each): (f64, f64)| Duration::from_secs_f64(least + each * millions);
        StallLimits {
            idle: seconds(self.idle),
            busy: seconds(self.busy),
        }
    }
}

/// Which side has to act next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The child process: it has all the input it needs.
    Theirs,
    /// We, who feed it.
    Ours,
}

/// A process that makes no progress.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("it made no progress for {} s{}, so it was stopped", .seconds.round(), if *.idle { " and used no CPU" } else { "" })]
pub(crate) struct Stalled {
    /// Time without progress.
    pub(crate) seconds: f64,
    /// Whether it used no CPU in that time.
    pub(crate) idle: bool,
}

/// Detects that a child process makes no progress.
pub(crate) struct StallDetector {
    process: Supervised,
    limits: StallLimits,
    /// Bytes that the caller has seen move.
    known: u64,
    seen: Option<Activity>,
    /// When [`StallDetector::check`] was last called, and when `/proc` was last sampled.
    read: Instant,
    sampled: Instant,
    /// Time without progress, and time without progress or CPU use.
    still: Duration,
    idle: Duration,
}

impl StallDetector {
    /// Starts counting now.
    pub(crate) fn new(process: Supervised, limits: StallLimits) -> Self {
        let now = Instant::now();
        Self {
            process,
            limits,
            known: 0,
            seen: None,
            read: now,
            sampled: now,
            still: Duration::ZERO,
            idle: Duration::ZERO,
        }
    }

    /// To be called repeatedly while the process runs. `known` counts the bytes that the caller saw move.
    pub(crate) fn check(&mut self, known: u64, turn: Turn) -> Option<Stalled> {
        let now = Instant::now();
        let step = now.duration_since(self.read).min(MAX_STEP);
        self.read = now;
        if turn == Turn::Ours || known != self.known {
            self.known = known;
            self.reset();
            return None;
        }
        self.still += step;
        self.idle += step;
        if now.duration_since(self.sampled) >= SAMPLE_INTERVAL {
            self.sampled = now;
            self.sample();
        }
        let idle = self.idle >= self.limits.idle;
        (idle || self.still >= self.limits.busy).then_some(Stalled {
            seconds: self.still.as_secs_f64(),
            idle,
        })
    }

    fn reset(&mut self) {
        (self.still, self.idle) = (Duration::ZERO, Duration::ZERO);
        self.seen = None;
    }

    fn sample(&mut self) {
        let activity = self.process.activity();
        match (self.seen, activity) {
            // Without data from the system no process is called stalled.
            (_, None) => self.reset(),
            (None, Some(_)) => {}
            (Some(before), Some(now)) => self.compare(before, now),
        }
        self.seen = activity;
    }

    fn compare(&mut self, before: Activity, now: Activity) {
        if now.state == ProcessState::Blocked || (now.bytes.is_some() && now.bytes != before.bytes)
        {
            return self.reset();
        }
        if now.state == ProcessState::Running || now.ticks > before.ticks + IDLE_TICKS {
            self.idle = Duration::ZERO;
            // Without byte counts, CPU use is the only sign of progress.
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

    fn short() -> StallLimits {
        StallLimits {
            idle: Duration::from_secs(2),
            busy: Duration::from_secs(4),
        }
    }

    fn watched(
        program: &mut Command,
        limits: StallLimits,
        known: impl Fn(f64) -> u64,
    ) -> Option<Stalled> {
        let mut child: Child = program.spawn().unwrap();
        let mut detector = StallDetector::new(Supervised::Process(Pid::from_child(&child)), limits);
        let begun = Instant::now();
        let mut found = None;
        while found.is_none() && begun.elapsed() < Duration::from_secs(7) {
            std::thread::sleep(Duration::from_millis(20));
            found = detector.check(known(begun.elapsed().as_secs_f64()), Turn::Theirs);
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
        let (small, large) = (
            StallLimits::for_encoder(0),
            StallLimits::for_encoder(8_294_400),
        );
        assert_eq!(small.idle, Duration::from_secs(20));
        assert!(large.idle > small.idle && large.busy > small.busy * 4);
    }
}
