//! The way of the frames into the encoder's pipe, as the watch over the encoder sees it.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::child::Turn;

/// The way of the frames into the pipe, as the watch sees it.
#[derive(Default)]
pub(super) struct Flow {
    bytes: AtomicU64,
    /// [`FEEDING`], [`WRITING`] or [`FED`].
    state: AtomicU8,
}

const FEEDING: u8 = 0;
const WRITING: u8 = 1;
const FED: u8 = 2;

impl Flow {
    /// Where nothing is written at all.
    pub(super) fn none() -> Self {
        let flow = Self::default();
        flow.state.store(FED, Ordering::Relaxed);
        flow
    }

    /// Bytes that went in.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whose turn it is.
    pub(super) fn turn(&self) -> Turn {
        match self.state.load(Ordering::Relaxed) {
            FEEDING => Turn::Ours,
            _ => Turn::Its,
        }
    }
}

/// The pipe, counted.
pub(super) struct Pipe<'a> {
    pub(super) pipe: ChildStdin,
    pub(super) flow: &'a Flow,
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
