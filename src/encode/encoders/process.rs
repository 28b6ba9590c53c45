//! One run of FFmpeg: frames in through a pipe, a file out; killed as soon as it is cancelled or stalls.

use std::ffi::OsString;
use std::io::{BufWriter, Read as _, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use super::failure::RunFailure;
use super::feed::{FeedProgress, Pipe};
use super::guarded::{Guarded, WaitEnd, command, lock, wait};
use super::stderr::StderrTail;
use super::tool::Ffmpeg;
use crate::child::StallLimits;
use crate::media::MediaError;

/// Bytes that are buffered before they are written to the pipe. Our choice.
const PIPE_BUFFER: usize = 1 << 20;

/// How a run of FFmpeg ended.
#[derive(Debug)]
pub(crate) enum RunOutcome {
    Done,
    /// `go_on` returned false: cancelled, or the deadline passed.
    Stopped,
    Failed(RunFailure),
}

/// Writes the encoder's input; an error of the source itself ends the run.
pub(crate) type Feed<'a> = dyn FnMut(&mut dyn Write) -> Result<(), FeedError> + Send + 'a;

/// Why the input could not be written to its end.
pub(crate) enum FeedError {
    /// The encoder closed its end: its standard error says why.
    Pipe,
    /// The frames of the input could not be read.
    Media(MediaError),
    /// The producer of the frames failed.
    Producer(String),
}

impl From<std::io::Error> for FeedError {
    fn from(_: std::io::Error) -> Self {
        Self::Pipe
    }
}

/// One run of FFmpeg: its arguments, and when to give up.
pub(crate) struct FfmpegRun<'a> {
    pub(crate) ffmpeg: &'a Ffmpeg,
    pub(crate) arguments: &'a [OsString],
    /// Pixels of one frame: large frames are allowed to take longer before the run counts as stalled.
    pub(crate) pixels: u64,
    pub(crate) go_on: &'a (dyn Fn() -> bool + Sync),
}

impl FfmpegRun<'_> {
    /// Runs FFmpeg; `feed` writes its standard input, if it has one.
    pub(crate) fn run(&self, feed: Option<&mut Feed<'_>>) -> RunOutcome {
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
            Err(e) => return RunOutcome::Failed(RunFailure::not_started(&e)),
        };
        let (input, errors) = (child.0.stdin.take(), child.0.stderr.take());
        let progress = if input.is_some() {
            FeedProgress::default()
        } else {
            FeedProgress::none()
        };
        let stderr = Mutex::new(StderrTail::default());
        let (status, fed) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                if let Some(errors) = errors {
                    collect(errors, &stderr);
                }
            });
            let progress = &progress;
            let fed = feed.zip(input).map(|(feed, input)| {
                scope.spawn(move || {
                    let pipe = Pipe {
                        pipe: input,
                        progress,
                    };
                    let mut pipe = BufWriter::with_capacity(PIPE_BUFFER, pipe);
                    feed(&mut pipe).and_then(|()| Ok(pipe.flush()?))
                })
            });
            let limits = StallLimits::for_encoder(self.pixels);
            let status = wait(&mut child, limits, progress, &stderr, self.go_on);
            // The group is dead, so the feeding thread finds its pipe closed and ends.
            let fed = fed.map(std::thread::ScopedJoinHandle::join);
            let _ended = reader.join();
            (status, fed)
        });
        let stderr = stderr.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (status, fed) {
            (_, Some(Err(panic))) => std::panic::resume_unwind(panic),
            (WaitEnd::Cancelled, _) => RunOutcome::Stopped,
            (_, Some(Ok(Err(FeedError::Media(e))))) => RunOutcome::Failed(RunFailure::Media(e)),
            (_, Some(Ok(Err(FeedError::Producer(reason))))) => {
                RunOutcome::Failed(RunFailure::Encoder(reason))
            }
            (WaitEnd::Stalled(stalled), _) => {
                RunOutcome::Failed(RunFailure::stalled(stalled, &stderr))
            }
            (WaitEnd::Exited(Err(e)), _) => RunOutcome::Failed(RunFailure::Encoder(e.to_string())),
            // FFmpeg before 6 exits with 0 even if the end of the file could not be written.
            (WaitEnd::Exited(Ok(status)), fed)
                if status.success()
                    && stderr.output_failed().is_none()
                    && !matches!(fed, Some(Ok(Err(FeedError::Pipe)))) =>
            {
                RunOutcome::Done
            }
            (WaitEnd::Exited(Ok(status)), _) => RunOutcome::Failed(RunFailure::of(status, &stderr)),
        }
    }
}

fn collect(mut errors: std::process::ChildStderr, stderr: &Mutex<StderrTail>) {
    let mut block = [0_u8; 4096];
    while let Ok(read) = errors.read(&mut block) {
        if read == 0 {
            break;
        }
        lock(stderr).push(&block[..read]);
    }
}

/// A path as an argument of FFmpeg: with the protocol `file:`, so that no name is taken for a URL or an
/// option, and unchanged byte by byte, valid UTF-8 or not.
pub(crate) fn file(path: &Path) -> OsString {
    let mut name = OsString::from("file:");
    name.push(path);
    name
}
