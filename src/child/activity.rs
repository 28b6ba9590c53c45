//! What `/proc` reports about a running process: bytes moved, CPU time and scheduling state.

use rustix::process::Pid;

use crate::proc::number_after;

/// The process or processes that are supervised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supervised {
    /// One process.
    Process(Pid),
    /// A process group, identified by its leader.
    Group(Pid),
}

/// One sample of what a process has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Activity {
    /// Bytes read and written so far, through files and pipes alike; nothing if the system does not report them.
    pub(super) bytes: Option<u64>,
    /// Clock ticks of CPU time so far.
    pub(super) ticks: u64,
    pub(super) state: ProcessState,
}

/// The scheduling state of a process, in increasing order of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum ProcessState {
    /// It waits for an event.
    #[default]
    Sleeping,
    /// It waits for a disk or was stopped by a signal: being idle is not its own fault.
    Blocked,
    /// It runs or is ready to run.
    Running,
}

/// The fields of `/proc/PID/stat` that are used.
struct Stat {
    state: char,
    group: i32,
    ticks: u64,
}

impl Supervised {
    /// Samples the activity, summed over a group; nothing if the system does not report it.
    pub(super) fn activity(self) -> Option<Activity> {
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
            let activity: &mut Activity = sum.get_or_insert_default();
            activity.ticks += stat.ticks;
            if let Some(bytes) = bytes_moved(&pid) {
                activity.bytes = Some(activity.bytes.unwrap_or(0) + bytes);
            }
            activity.state = activity.state.max(state_of(&pid));
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
    // The program's name is in parentheses and may itself contain parentheses.
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

/// The most active state among the threads of a process.
fn state_of(pid: &str) -> ProcessState {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
    let states = tasks.into_iter().flatten().flatten().filter_map(|task| {
        let path = task.path().join("stat");
        Some(match path.to_str().and_then(stat)?.state {
            'R' => ProcessState::Running,
            'D' | 'T' | 't' => ProcessState::Blocked,
            _ => ProcessState::Sleeping,
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
        let own = Supervised::Process(rustix::process::getpid());
        let before = own.activity().unwrap();
        let begun = std::time::Instant::now();
        let mut sum = 0_u64;
        while begun.elapsed().as_millis() < 60 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let after = own.activity().unwrap();
        assert!(after.ticks > before.ticks, "{before:?} {after:?}");

        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&child);
        std::thread::sleep(std::time::Duration::from_millis(100));
        let first = Supervised::Process(pid).activity().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(Supervised::Process(pid).activity(), Some(first));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(Supervised::Process(pid).activity(), None);
    }
}
