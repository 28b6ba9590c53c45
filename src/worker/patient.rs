//! A pipe to another program that is waited for until a moment and no longer.

use std::io::{ErrorKind, Read, Result, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// One end of a pipe. Where the other end is not served by `until`, an error of the kind `TimedOut` comes.
pub(super) struct Patient<P> {
    pipe: P,
    pub(super) until: Option<Instant>,
}

impl<P: AsFd> Patient<P> {
    /// Takes this end of a pipe; the other end's own way of waiting stays as it is.
    pub(super) fn new(pipe: P) -> Result<Self> {
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(Self { pipe, until: None })
    }

    /// Waits until the pipe can be used.
    fn wait(&self, wanted: PollFlags) -> Result<()> {
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
        // Whether it was the pipe or the time: the caller tries again and finds out.
        match poll(&mut [PollFd::new(&self.pipe, wanted)], left.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    fn retry(
        &mut self,
        wanted: PollFlags,
        mut act: impl FnMut(&mut P) -> Result<usize>,
    ) -> Result<usize> {
        loop {
            match act(&mut self.pipe) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.wait(wanted)?,
                other => return other,
            }
        }
    }
}

impl<P: AsFd + Read> Read for Patient<P> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.retry(PollFlags::IN, |pipe| pipe.read(buffer))
    }
}

impl<P: AsFd + Write> Write for Patient<P> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.retry(PollFlags::OUT, |pipe| pipe.write(bytes))
    }

    fn flush(&mut self) -> Result<()> {
        self.pipe.flush()
    }
}
