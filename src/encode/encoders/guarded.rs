//! A child process that never outlives us, and that is killed with its whole group as soon as nobody waits
//! for it.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, set_parent_process_death_signal, waitid,
};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

use super::feed::FeedProgress;
use super::stderr::StderrTail;
use crate::child::{StallDetector, StallLimits, Stalled, Supervised};

/// Interval at which a running program is polled. Our choice: short relative to the shortest encode.
const POLL_INTERVAL: Duration = Duration::from_millis(8);
/// How long FFmpeg may take to exit after it has reported that it cannot write. Our choice; with SVT-AV1 1.4
/// it then deadlocks.
const WRITE_ERROR_GRACE: Duration = Duration::from_secs(2);

/// Kills the process and its group when it is dropped.
pub(super) struct Guarded(pub(super) Child);

impl Guarded {
    fn group(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Whether it has exited. It is not reaped here, so that its process ID is not reused.
    fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.group()), options), Ok(None))
    }

    /// Kills whatever is left of the group, and returns the exit status of its first process.
    fn kill(&mut self) -> std::io::Result<ExitStatus> {
        let _already_dead = kill_process_group(self.group(), Signal::KILL);
        self.0.wait()
    }

    /// Waits until it exits; if that is not before `until`, kills it and returns an error of the kind `TimedOut`.
    pub(super) fn wait_until(&mut self, until: Instant) -> std::io::Result<ExitStatus> {
        while !self.has_exited() {
            if Instant::now() >= until {
                let _status = self.kill();
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        self.kill()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _reaped = self.kill();
        }
    }
}

/// `oom_score_adj` of an encoder, from -1000 to 1000: when memory runs out the kernel kills it before us, so
/// that we can report it. Our choice, above the 300 of a `vidaio` that works for a miner.
const OOM_SCORE_ADJ: &[u8] = b"600";

/// A command for FFmpeg, which the kernel kills when this process ends for any reason, and first when memory
/// runs out. It cannot give itself real-time priority: SVT-AV1 does as root, which leaves every other process
/// the 5 % of CPU time that the kernel reserves until the encode has ended.
#[expect(
    unsafe_code,
    reason = "there is no other way to do something between fork and exec"
)]
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    let prepare = || {
        // It fails for a user who does not have the capability anyway.
        let _no_matter = remove_capability_from_bounding_set(CapabilitySet::SYS_NICE);
        let _no_matter = raise_oom_score();
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called: `prepare` makes a few
    // system calls (prctl, open, write, close), allocates nothing and takes no lock. The signal is sent when
    // the thread that forks ends, which is the one that waits for the command.
    unsafe {
        command.pre_exec(prepare);
    }
    // A process group, so that everything it starts is killed with it.
    command.process_group(0).stderr(Stdio::piped());
    command
}

/// Makes the kernel kill this process before others when memory runs out.
fn raise_oom_score() -> rustix::io::Result<()> {
    let file = rustix::fs::open(
        c"/proc/self/oom_score_adj",
        OFlags::WRONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    rustix::io::write(&file, OOM_SCORE_ADJ).map(|_| ())
}

/// Why waiting ended.
pub(super) enum WaitEnd {
    Exited(std::io::Result<ExitStatus>),
    /// The caller's `go_on` returned false.
    Cancelled,
    Stalled(Stalled),
}

/// Waits until it exits, or kills it once `go_on` is false or it makes no progress. Nothing of its group is
/// left afterwards.
pub(super) fn wait(
    child: &mut Guarded,
    limits: StallLimits,
    progress: &FeedProgress,
    stderr: &Mutex<StderrTail>,
    go_on: &dyn Fn() -> bool,
) -> WaitEnd {
    let mut detector = StallDetector::new(Supervised::Group(child.group()), limits);
    loop {
        if child.has_exited() {
            return WaitEnd::Exited(child.kill());
        }
        if !go_on() {
            let _status = child.kill();
            return WaitEnd::Cancelled;
        }
        let (printed, failed) = {
            let stderr = lock(stderr);
            (stderr.bytes(), stderr.output_failed())
        };
        if failed.is_some_and(|since| since.elapsed() >= WRITE_ERROR_GRACE) {
            return WaitEnd::Exited(child.kill());
        }
        let known = progress.bytes().wrapping_add(printed);
        if let Some(stalled) = detector.check(known, progress.turn()) {
            let _status = child.kill();
            return WaitEnd::Stalled(stalled);
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Standard error that another thread appends to.
pub(super) fn lock(stderr: &Mutex<StderrTail>) -> MutexGuard<'_, StderrTail> {
    stderr.lock().unwrap_or_else(PoisonError::into_inner)
}
