//! What the system says of a running program: bytes moved, time on the processor, and its state.

use rustix::process::Pid;

use crate::proc::number_after;

/// Whose pulse is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of one process.
    Process(Pid),
    /// That of a process group, named by its leader.
    Group(Pid),
}

/// A look at a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pulse {
    /// Bytes that were read and written so far, through files and pipes alike, as far as the system tells.
    pub(super) bytes: Option<u64>,
    /// Ticks of the clock that it spent on a processor so far.
    pub(super) ticks: u64,
    pub(super) state: State,
}

/// What a program is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum State {
    /// It waits for something of its own.
    #[default]
    Sleeps,
    /// It waits for a disk, or a signal has stopped it: it is not its own fault that it does nothing.
    Blocked,
    /// It runs or wants to.
    Runs,
}

/// What one process is doing, from `/proc/PID/stat`.
struct Stat {
    state: char,
    group: i32,
    ticks: u64,
}

impl Whose {
    /// Takes the pulse; nothing where the system does not tell.
    pub(super) fn pulse(self) -> Option<Pulse> {
        let mut sum = None;
        for pid in self.processes() {
            let Some(stat) = stat(&format!("/proc/{pid}/stat")) else {
                continue;
            };
            if let Self::Group(group) = self
                && stat.group != group.as_raw_nonzero().get()
            {
                continue;
            }
            let pulse: &mut Pulse = sum.get_or_insert_default();
            pulse.ticks += stat.ticks;
            if let Some(bytes) = bytes_moved(&pid) {
                pulse.bytes = Some(pulse.bytes.unwrap_or(0) + bytes);
            }
            pulse.state = pulse.state.max(state_of(&pid));
        }
        sum
    }

    fn processes(self) -> Vec<String> {
        match self {
            Self::Process(pid) => vec![pid.as_raw_nonzero().to_string()],
            Self::Group(_) => {
                let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
                entries
                    .filter_map(|entry| entry.file_name().into_string().ok())
                    .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
                    .collect()
            }
        }
    }
}

fn stat(path: &str) -> Option<Stat> {
    let text = std::fs::read_to_string(path).ok()?;
    // The name stands in brackets and may hold anything, brackets too.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        group: fields.get(2)?.parse().ok()?,
        ticks: number(11)? + number(12)?,
    })
}

fn bytes_moved(pid: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    Some(number_after(&text, "rchar:")? + number_after(&text, "wchar:")?)
}

/// The liveliest state of its threads.
fn state_of(pid: &str) -> State {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
    let states = tasks.into_iter().flatten().flatten().filter_map(|task| {
        let path = task.path().join("stat");
        Some(match path.to_str().and_then(stat)?.state {
            'R' => State::Runs,
            'D' | 'T' | 't' => State::Blocked,
            _ => State::Sleeps,
        })
    });
    states.max().unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_sleeper_keeps_still_and_a_worker_does_not() {
        let own = Whose::Process(rustix::process::getpid());
        let before = own.pulse().unwrap();
        let begun = std::time::Instant::now();
        let mut sum = 0_u64;
        while begun.elapsed().as_millis() < 60 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let after = own.pulse().unwrap();
        assert!(after.ticks > before.ticks, "{before:?} {after:?}");

        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        std::thread::sleep(std::time::Duration::from_millis(100));
        let first = Whose::Process(pid).pulse().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(Whose::Process(pid).pulse(), Some(first));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(Whose::Process(pid).pulse(), None);
    }
}
