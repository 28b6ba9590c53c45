//! One run of FFmpeg: frames in through a pipe, a file out, ended at once where nobody waits for it or
//! nothing comes of it.

use std::ffi::OsString;
use std::io::{BufWriter, Read as _, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use super::failure::RunFailure;
use super::flow::{Flow, Pipe};
use super::guarded::{Guarded, Waited, command, lock, wait};
use super::tool::Ffmpeg;
use super::words::Words;
use crate::child::Patience;
use crate::media::MediaError;

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
        let flow = if input.is_some() {
            Flow::default()
        } else {
            Flow::none()
        };
        let words = Mutex::new(Words::default());
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
            (_, Some(Err(panic))) => std::panic::resume_unwind(panic),
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
