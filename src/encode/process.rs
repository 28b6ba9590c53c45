//! One run of FFmpeg: frames in through a pipe, a file out, ended at once where nobody waits for it.

use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, set_parent_process_death_signal};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

use super::tool::Ffmpeg;

/// How often a running encoder is looked at.
const TICK: Duration = Duration::from_millis(8);
/// Bytes that are kept of what an encoder says.
const LAST_WORDS: usize = 4000;
/// Bytes that gather before they go into the pipe.
const PIPE: usize = 1 << 20;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Well.
    Done,
    /// It was stopped, because whoever waited did not want to any longer.
    Stopped,
    /// Badly, with what it said last.
    Failed(String),
}

/// What writes the encoder's input; an error of the source itself ends the run.
pub(crate) type Feed<'a> = dyn FnMut(&mut dyn std::io::Write) -> Result<(), FeedError> + Send + 'a;

/// Why feeding ended early.
pub(crate) enum FeedError {
    /// The encoder takes nothing any more: its own words say why.
    Pipe,
    /// The source of frames failed.
    Source(String),
}

impl From<std::io::Error> for FeedError {
    fn from(_: std::io::Error) -> Self {
        Self::Pipe
    }
}

/// Ends the process whatever way the run is left.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let (Some(group), Ok(None)) = (group, self.0.try_wait()) {
            let _already_dead = kill_process_group(group, Signal::KILL);
        }
        let _reaped = self.0.wait();
    }
}

/// FFmpeg, which the system kills when this process is gone, whatever way it went, and which cannot give
/// itself real-time priority: SVT-AV1 does where it is root, and until its encode has ended every other
/// program gets the twentieth of a second that the system keeps back.
#[expect(
    unsafe_code,
    reason = "there is no other way to do something between fork and exec"
)]
pub(super) fn command(ffmpeg: &Ffmpeg) -> Command {
    let mut command = Command::new(ffmpeg.program());
    let ask = || {
        // Who may not give this up does not have it.
        let _no_matter = remove_capability_from_bounding_set(CapabilitySet::SYS_NICE);
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)
    };
    // SAFETY: between fork and exec only what is safe in a signal handler may be done: `ask` makes two
    // system calls (prctl both), allocates nothing and takes no lock. The signal comes when the thread that
    // forks ends, which is the one that waits for the command.
    unsafe {
        command.pre_exec(ask);
    }
    command
}

/// Runs FFmpeg with `arguments`; `feed` writes its standard input where there is one.
pub(crate) fn run(
    ffmpeg: &Ffmpeg,
    arguments: &[String],
    feed: Option<&mut Feed<'_>>,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Ended {
    let child = command(ffmpeg)
        .args(["-hide_banner", "-nostats", "-loglevel", "warning", "-y"])
        .args(arguments)
        .stdin(if feed.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A group of its own, so that whatever it starts ends with it.
        .process_group(0)
        .spawn();
    let mut child = match child {
        Ok(child) => Guarded(child),
        Err(e) => return Ended::Failed(e.to_string()),
    };
    let (input, errors) = (child.0.stdin.take(), child.0.stderr.take());
    std::thread::scope(|scope| {
        let words = scope.spawn(move || errors.map(last_words).unwrap_or_default());
        let fed = feed.zip(input).map(|(feed, input)| {
            scope.spawn(move || {
                let mut pipe = BufWriter::with_capacity(PIPE, input);
                feed(&mut pipe).and_then(|()| Ok(pipe.flush()?))
            })
        });
        let status = wait(&mut child.0, go_on);
        if status.is_none() {
            // Kills it, so that the feeding thread meets a closed pipe and ends.
            drop(child);
        }
        let fed = fed.map(std::thread::ScopedJoinHandle::join);
        let words = words.join().unwrap_or_default();
        match (status, fed) {
            (None, _) => Ended::Stopped,
            (_, Some(Ok(Err(FeedError::Source(reason))))) => Ended::Failed(reason),
            (Some(Ok(status)), Some(Ok(Err(FeedError::Pipe)))) => {
                Ended::Failed(tell(status, &words))
            }
            (Some(Ok(status)), _) if status.success() => Ended::Done,
            (Some(Ok(status)), _) => Ended::Failed(tell(status, &words)),
            (Some(Err(e)), _) => Ended::Failed(e.to_string()),
        }
    })
}

/// Waits for the end; nothing where it is not to be waited for any longer.
fn wait(child: &mut Child, go_on: &dyn Fn() -> bool) -> Option<std::io::Result<ExitStatus>> {
    loop {
        match child.try_wait() {
            Ok(None) if !go_on() => return None,
            Ok(None) => std::thread::sleep(TICK),
            Ok(Some(status)) => return Some(Ok(status)),
            Err(e) => return Some(Err(e)),
        }
    }
}

fn last_words(mut errors: std::process::ChildStderr) -> String {
    let (mut kept, mut block) = (Vec::new(), [0_u8; 4096]);
    while let Ok(read) = errors.read(&mut block) {
        if read == 0 {
            break;
        }
        kept.extend_from_slice(&block[..read]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// The lines of what an encoder said that tell why it failed.
fn tell(status: ExitStatus, words: &str) -> String {
    let noise = |line: &str| {
        let line = line.trim();
        line.is_empty()
            || line.starts_with("Svt[info]")
            || line.starts_with("Svt[warn]: Failed to set")
    };
    let lines: Vec<&str> = words
        .lines()
        .filter(|line| !noise(line))
        .map(str::trim)
        .collect();
    let last = &lines[lines.len().saturating_sub(3)..];
    if last.is_empty() {
        status.to_string()
    } else {
        format!("{status}: {}", last.join(" | "))
    }
}

/// A path as FFmpeg takes it: with its protocol named, so that no name is read as another.
pub(crate) fn file(path: &Path) -> String {
    format!("file:{}", path.display())
}
