//! One run of FFmpeg: frames in through a pipe, a file out, ended at once where nobody waits for it or
//! nothing comes of it.

use std::ffi::OsString;
use std::io::{BufWriter, Read as _, Write};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, set_parent_process_death_signal, waitid,
};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set};

use super::failure::RunFailure;
use super::tool::Ffmpeg;
use super::words::Words;
use crate::child::{Patience, Stuck, Turn, Vigil, Whose};
use crate::media::MediaError;

/// How often a running encoder is looked at.
const TICK: Duration = Duration::from_millis(8);
/// How long FFmpeg may take to end once it has said that it cannot write. SVT-AV1 1.4 then waits for itself
/// for ever.
const GRACE: Duration = Duration::from_secs(2);
/// Bytes that gather before they go into the pipe.
const PIPE: usize = 1 << 20;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Well.
    Done,
    /// It was stopped, because whoever waited did not want to any longer.
    Stopped,
    /// Badly.
    Failed(RunFailure),
}

/// What writes the encoder's input; an error of the source itself ends the run.
pub(crate) type Feed<'a> = dyn FnMut(&mut dyn Write) -> Result<(), FeedError> + Send + 'a;

/// Why feeding ended early.
pub(crate) enum FeedError {
    /// The encoder takes nothing any more: its own words say why.
    Pipe,
    /// The frames could not be read.
    Media(MediaError),
    /// Whoever makes the frames failed.
    Source(String),
}

impl From<std::io::Error> for FeedError {
    fn from(_: std::io::Error) -> Self {
        Self::Pipe
    }
}

/// One run: what to start, how large the pictures are, and until when it is waited for.
pub(crate) struct Run<'a> {
    pub(crate) ffmpeg: &'a Ffmpeg,
    pub(crate) arguments: &'a [OsString],
    /// Pixels of one picture, by which patience is measured.
    pub(crate) pixels: u64,
    pub(crate) go_on: &'a (dyn Fn() -> bool + Sync),
}

/// Ends the process and its group whatever way the run is left.
struct Guarded(Child);

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
fn command(program: &Path) -> Command {
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

/// The way of the frames into the pipe, as the watch sees it.
#[derive(Default)]
struct Flow {
    bytes: AtomicU64,
    /// [`FEEDING`], [`WRITING`] or [`FED`].
    state: AtomicU8,
}

const FEEDING: u8 = 0;
const WRITING: u8 = 1;
const FED: u8 = 2;

impl Flow {
    fn turn(&self) -> Turn {
        match self.state.load(Ordering::Relaxed) {
            FEEDING => Turn::Ours,
            _ => Turn::Its,
        }
    }
}

/// The pipe, counted.
struct Pipe<'a> {
    pipe: ChildStdin,
    flow: &'a Flow,
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.flow.state.store(WRITING, Ordering::Relaxed);
        let written = self.pipe.write(bytes);
        self.flow.state.store(FEEDING, Ordering::Relaxed);
        let written = written?;
        self.flow.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.pipe.flush()
    }
}

impl Drop for Pipe<'_> {
    fn drop(&mut self) {
        self.flow.state.store(FED, Ordering::Relaxed);
    }
}

impl Run<'_> {
    /// Runs FFmpeg; `feed` writes its standard input where there is one.
    pub(crate) fn run(&self, feed: Option<&mut Feed<'_>>) -> Ended {
        let child = command(self.ffmpeg.program())
            .args(["-hide_banner", "-nostats", "-loglevel", "warning", "-y"])
            .args(self.arguments)
            .stdin(if feed.is_some() {
                Stdio::piped()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::null())
            .spawn();
        let mut child = match child {
            Ok(child) => Guarded(child),
            Err(e) => return Ended::Failed(RunFailure::not_started(&e)),
        };
        let (input, errors) = (child.0.stdin.take(), child.0.stderr.take());
        let (flow, words) = (Flow::default(), Mutex::new(Words::default()));
        if input.is_none() {
            flow.state.store(FED, Ordering::Relaxed);
        }
        let (status, fed) = std::thread::scope(|scope| {
            let listener = scope.spawn(|| {
                if let Some(errors) = errors {
                    listen(errors, &words);
                }
            });
            let flow = &flow;
            let fed = feed.zip(input).map(|(feed, input)| {
                scope.spawn(move || {
                    let pipe = Pipe { pipe: input, flow };
                    let mut pipe = BufWriter::with_capacity(PIPE, pipe);
                    feed(&mut pipe).and_then(|()| Ok(pipe.flush()?))
                })
            });
            let patience = Patience::with_encoder(self.pixels);
            let status = wait(&mut child, patience, flow, &words, self.go_on);
            // The group is gone, so that the feeding thread meets a closed pipe and ends.
            let fed = fed.map(std::thread::ScopedJoinHandle::join);
            let _ended = listener.join();
            (status, fed)
        });
        let words = words.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (status, fed) {
            (Waited::Left, _) => Ended::Stopped,
            (_, Some(Ok(Err(FeedError::Media(e))))) => Ended::Failed(RunFailure::Media(e)),
            (_, Some(Ok(Err(FeedError::Source(reason))))) => {
                Ended::Failed(RunFailure::Encoder(reason))
            }
            (Waited::Stuck(stuck), _) => Ended::Failed(RunFailure::stuck(stuck, &words)),
            (Waited::Ended(Err(e)), _) => Ended::Failed(RunFailure::Encoder(e.to_string())),
            // FFmpeg before 6 ends well even where the end of the file could not be written.
            (Waited::Ended(Ok(status)), fed)
                if status.success()
                    && words.output_failed().is_none()
                    && !matches!(fed, Some(Ok(Err(FeedError::Pipe)))) =>
            {
                Ended::Done
            }
            (Waited::Ended(Ok(status)), _) => Ended::Failed(RunFailure::of(status, &words)),
        }
    }
}

/// Asks an FFmpeg program something; an error of the kind `TimedOut` where it has not ended by `until`.
pub(super) fn ask(program: &Path, arguments: &[&str], until: Instant) -> std::io::Result<Answer> {
    let mut child = Guarded(
        command(program)
            .arg("-hide_banner")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?,
    );
    let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
    let (flow, words) = (Flow::default(), Mutex::new(Words::default()));
    flow.state.store(FED, Ordering::Relaxed);
    let (waited, said, complained) = std::thread::scope(|scope| {
        let said = scope.spawn(move || stdout.map(all_of).unwrap_or_default());
        let complained = scope.spawn(move || stderr.map(all_of).unwrap_or_default());
        let patience = Patience::with_question();
        let waited = wait(&mut child, patience, &flow, &words, &|| {
            Instant::now() < until
        });
        (waited, said.join(), complained.join())
    });
    let status = match waited {
        Waited::Ended(status) => status?,
        Waited::Stuck(stuck) => return Err(std::io::Error::other(stuck.to_string())),
        Waited::Left => return Err(std::io::ErrorKind::TimedOut.into()),
    };
    Ok(Answer {
        status,
        stdout: said.unwrap_or_default(),
        stderr: complained.unwrap_or_default(),
    })
}

/// What a program answered.
pub(super) struct Answer {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Most bytes of an answer.
const ANSWER: u64 = 1 << 20;

fn all_of(mut stream: impl std::io::Read) -> String {
    let mut text = Vec::new();
    let _partial = stream.by_ref().take(ANSWER).read_to_end(&mut text);
    let _drained = std::io::copy(&mut stream, &mut std::io::sink());
    String::from_utf8_lossy(&text).into_owned()
}

/// How waiting ended.
enum Waited {
    Ended(std::io::Result<ExitStatus>),
    /// Whoever waited did not want to any longer.
    Left,
    Stuck(Stuck),
}

/// Waits for the end, and ends it where it is not to be waited for. Nothing of its group is left then.
fn wait(
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
        let known = flow.bytes.load(Ordering::Relaxed).wrapping_add(said);
        if let Some(stuck) = vigil.look(known, flow.turn()) {
            let _status = child.end();
            return Waited::Stuck(stuck);
        }
        std::thread::sleep(TICK);
    }
}

fn lock(words: &Mutex<Words>) -> MutexGuard<'_, Words> {
    words.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(mut errors: std::process::ChildStderr, words: &Mutex<Words>) {
    let mut block = [0_u8; 4096];
    while let Ok(read) = errors.read(&mut block) {
        if read == 0 {
            break;
        }
        lock(words).hear(&block[..read]);
    }
}

/// A path as FFmpeg takes it: with its protocol named, so that no name is read as another, and byte by
/// byte, whatever its bytes spell.
pub(crate) fn file(path: &Path) -> OsString {
    let mut name = OsString::from("file:");
    name.push(path);
    name
}
