//! One run of FFmpeg: frames in through a pipe, a file out, ended at once where nobody waits for it.

use std::io::{BufWriter, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process_group, set_parent_process_death_signal};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

use super::tool::Ffmpeg;

/// How often a running encoder is looked at.
const TICK: Duration = Duration::from_millis(8);
/// Bytes that are kept of what an encoder says.
const LAST_WORDS: usize = 4000;
/// Bytes that are read of what it says of itself.
const LONGEST_ANSWER: u64 = 1 << 20;
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
        if let Ok(None) = self.0.try_wait() {
            end_group(group_of(&self.0));
        }
        let _reaped = self.0.wait();
    }
}

/// The group that a process started here leads.
fn group_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn end_group(group: Option<Pid>) {
    if let Some(group) = group {
        let _already_dead = kill_process_group(group, Signal::KILL);
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
pub(super) fn command(ffmpeg: &Ffmpeg) -> Command {
    let mut command = Command::new(ffmpeg.program());
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
    let group = group_of(&child.0);
    std::thread::scope(|scope| {
        let words = scope.spawn(move || errors.map(last_words).unwrap_or_default());
        let fed = feed.zip(input).map(|(feed, input)| {
            scope.spawn(move || {
                let mut pipe = BufWriter::with_capacity(PIPE, input);
                feed(&mut pipe).and_then(|()| Ok(pipe.flush()?))
            })
        });
        let status = wait(&mut child.0, go_on);
        if matches!(status, Some(Ok(_))) {
            // What it started and left behind would hold its pipes open.
            end_group(group);
        }
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

/// Where FFmpeg prints what is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum AnswersOn {
    /// On standard output.
    Output,
    /// Among its messages.
    Errors,
}

/// What FFmpeg prints when it is asked about itself; an error where it has not ended by `until`.
pub(super) fn answer(
    mut command: Command,
    on: AnswersOn,
    until: Instant,
) -> std::io::Result<(ExitStatus, String)> {
    command.stdin(Stdio::null()).process_group(0);
    match on {
        AnswersOn::Output => command.stdout(Stdio::piped()).stderr(Stdio::null()),
        AnswersOn::Errors => command.stdout(Stdio::null()).stderr(Stdio::piped()),
    };
    let mut child = Guarded(command.spawn()?);
    let (output, errors) = (child.0.stdout.take(), child.0.stderr.take());
    let said: Option<Box<dyn Read + Send>> = match (output, errors) {
        (Some(output), _) => Some(Box::new(output)),
        (None, Some(errors)) => Some(Box::new(errors)),
        (None, None) => None,
    };
    let group = group_of(&child.0);
    std::thread::scope(|scope| {
        let text = scope.spawn(move || {
            let mut text = Vec::new();
            if let Some(said) = said {
                let _what_there_is = said.take(LONGEST_ANSWER).read_to_end(&mut text);
            }
            String::from_utf8_lossy(&text).into_owned()
        });
        let status = wait(&mut child.0, &|| Instant::now() < until);
        end_group(group);
        let text = text.join().unwrap_or_default();
        match status {
            Some(status) => Ok((status?, text)),
            None => Err(std::io::ErrorKind::TimedOut.into()),
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
    let killed = status.signal() == Some(Signal::KILL.as_raw());
    let status = if killed {
        format!("{status}, as the system does where memory runs out")
    } else {
        status.to_string()
    };
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
        status
    } else {
        format!("{status}: {}", last.join(" | "))
    }
}

/// A path as FFmpeg takes it: with its protocol named, so that no name is read as another.
pub(crate) fn file(path: &Path) -> String {
    format!("file:{}", path.display())
}
