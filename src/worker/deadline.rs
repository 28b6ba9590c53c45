//! A pipe to another program with a deadline.

use std::io::{ErrorKind, Read, Result, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// One end of a pipe. After `until`, reading and writing fail with an error of the kind `TimedOut`.
pub(super) struct DeadlinePipe<P> {
    pipe: P,
    pub(super) until: Option<Instant>,
}

impl<P: AsFd> DeadlinePipe<P> {
    /// Makes this end of a pipe non-blocking; the other end is unaffected.
    pub(super) fn new(pipe: P) -> Result<Self> {
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(Self { pipe, until: None })
    }

    /// Waits until the pipe is ready or the deadline has passed.
    fn wait(&self, events: PollFlags) -> Result<()> {
        let left = match self.until {
            None => None,
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(ErrorKind::TimedOut.into());
                }
                Timespec::try_from(left).ok()
            }
        };
        // The caller tries again, which shows whether the pipe is ready or the time is over.
        match poll(&mut [PollFd::new(&self.pipe, events)], left.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn retry(
        &mut self,
        events: PollFlags,
        mut act: impl FnMut(&mut P) -> Result<usize>,
    ) -> Result<usize> {
        loop {
            match act(&mut self.pipe) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.wait(events)?,
                other => return other,
            }
        }
    }
}

impl<P: AsFd + Read> Read for DeadlinePipe<P> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.retry(PollFlags::IN, |pipe| pipe.read(buffer))
    }
}

impl<P: AsFd + Write> Write for DeadlinePipe<P> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.retry(PollFlags::OUT, |pipe| pipe.write(bytes))
    }

    fn flush(&mut self) -> Result<()> {
        self.pipe.flush()
    }
}
