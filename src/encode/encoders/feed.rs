//! Frames on their way into the encoder's pipe, as the supervisor of the encoder sees them.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::child::Turn;

/// Progress of the thread that feeds the encoder, shared with the supervisor.
#[derive(Default)]
pub(super) struct FeedProgress {
    bytes: AtomicU64,
    /// [`PREPARING`], [`WRITING`] or [`FINISHED`].
    state: AtomicU8,
}

/// We are producing the next frame.
const PREPARING: u8 = 0;
/// We are blocked in a write: the encoder has to read.
const WRITING: u8 = 1;
/// Everything is written, or there was nothing to write.
const FINISHED: u8 = 2;

impl FeedProgress {
    /// For a run without standard input.
    pub(super) fn none() -> Self {
        let progress = Self::default();
        progress.state.store(FINISHED, Ordering::Relaxed);
        progress
    }

    /// Bytes written so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Which side has to act next.
    pub(super) fn turn(&self) -> Turn {
        match self.state.load(Ordering::Relaxed) {
            PREPARING => Turn::Ours,
            _ => Turn::Theirs,
        }
    }
}

/// The encoder's standard input, which counts what is written to it.
pub(super) struct Pipe<'a> {
    pub(super) pipe: ChildStdin,
    pub(super) progress: &'a FeedProgress,
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.progress.state.store(WRITING, Ordering::Relaxed);
        let written = self.pipe.write(bytes);
        self.progress.state.store(PREPARING, Ordering::Relaxed);
        let written = written?;
        let count = written as u64;
        self.progress.bytes.fetch_add(count, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.pipe.flush()
    }
}

impl Drop for Pipe<'_> {
    fn drop(&mut self) {
        self.progress.state.store(FINISHED, Ordering::Relaxed);
    }
}
