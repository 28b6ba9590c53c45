//! A started program that ends with whoever started it, or as soon as it is not to be waited for.

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

use super::flow::Flow;
use super::words::Words;
use crate::child::{Patience, Stuck, Vigil, Whose};

/// How often a running program is looked at.
const TICK: Duration = Duration::from_millis(8);
/// How long FFmpeg may take to end once it has said that it cannot write. SVT-AV1 1.4 then waits for itself
/// for ever.
const GRACE: Duration = Duration::from_secs(2);

/// Ends the process and its group whatever way the run is left.
pub(super) struct Guarded(pub(super) Child);

impl Guarded {
    fn group(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Whether it has ended. It is not yet taken note of, so that its number stays its own.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.group()), options), Ok(None))
    }

    /// Ends whatever is left of the group, and says how its first process ended.
    fn end(&mut self) -> std::io::Result<ExitStatus> {
        let _already_dead = kill_process_group(self.group(), Signal::KILL);
        self.0.wait()
    }

    /// Waits for its end until a moment and not beyond it: then an error of the kind `TimedOut`.
    pub(super) fn end_by(&mut self, until: Instant) -> std::io::Result<ExitStatus> {
        while !self.has_ended() {
            if Instant::now() >= until {
                let _status = self.end();
                return Err(std::io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(TICK);
        }
        self.end()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _reaped = self.end();
        }
    }
}

/// How readily the system ends an encoder where memory runs out: before whoever started it, who can tell.
const GIVES_UP: &[u8] = b"600";

/// FFmpeg, which the system kills when this process is gone, whatever way it went, and first where memory
/// runs out, and which cannot give itself real-time priority: SVT-AV1 does where it is root, and until its
/// encode has ended every other program gets the twentieth of a second that the system keeps back.
#[expect(
    unsafe_code,
    reason = "there is no other way to do something between fork and exec"
)]
pub(super) fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    let ask = || {
        // Who may not give this up does not have it.
        let _no_matter = remove_capability_from_bounding_set(CapabilitySet::SYS_NICE);
        let _no_matter = give_up_first();
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)
    };
    // SAFETY: between fork and exec only what is safe in a signal handler may be done: `ask` makes a few
    // system calls (prctl, open, write, close), allocates nothing and takes no lock. The signal comes when the thread that
    // forks ends, which is the one that waits for the command.
    unsafe {
        command.pre_exec(ask);
    }
    // A group of its own, so that whatever it starts ends with it.
    command.process_group(0).stderr(Stdio::piped());
    command
}

/// Asks the system to end this process before others where memory runs out.
fn give_up_first() -> rustix::io::Result<()> {
    let file = rustix::fs::open(
        c"/proc/self/oom_score_adj",
        OFlags::WRONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    rustix::io::write(&file, GIVES_UP).map(|_| ())
}

/// How waiting ended.
pub(super) enum Waited {
    Ended(std::io::Result<ExitStatus>),
    /// Whoever waited did not want to any longer.
    Left,
    Stuck(Stuck),
}

/// Waits for the end, and ends it where it is not to be waited for. Nothing of its group is left then.
pub(super) fn wait(
    child: &mut Guarded,
    patience: Patience,
    flow: &Flow,
    words: &Mutex<Words>,
    go_on: &dyn Fn() -> bool,
) -> Waited {
    let mut vigil = Vigil::new(Whose::Group(child.group()), patience);
    loop {
        if child.has_ended() {
            return Waited::Ended(child.end());
        }
        if !go_on() {
            let _status = child.end();
            return Waited::Left;
        }
        let (said, failed) = {
            let words = lock(words);
            (words.bytes(), words.output_failed())
        };
        if failed.is_some_and(|since| since.elapsed() >= GRACE) {
            return Waited::Ended(child.end());
        }
        let known = flow.bytes().wrapping_add(said);
        if let Some(stuck) = vigil.look(known, flow.turn()) {
            let _status = child.end();
            return Waited::Stuck(stuck);
        }
        std::thread::sleep(TICK);
    }
}

/// Words that another thread adds to.
pub(super) fn lock(words: &Mutex<Words>) -> MutexGuard<'_, Words> {
    words.lock().unwrap_or_else(PoisonError::into_inner)
}
