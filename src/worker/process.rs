//! The worker's process: started, greeted, asked, and supervised while it computes.

use std::io::{BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use vidaio_worker_protocol::{
    Message, PROTOCOL_VERSION, ProtocolError, Request, Response, read_message, write_message,
};

use super::deadline::DeadlinePipe;
use super::error::WorkerError;
use super::watchdog::Watchdog;
use crate::child::StallLimits;

/// How long a worker may take to greet. Our choice: it first loads libtorch, perhaps from a slow disk.
const GREETING_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the standard error of a killed worker is waited for. Our choice: a child of the worker may keep the
/// pipe open.
const STDERR_TIMEOUT: Duration = Duration::from_millis(500);
/// Most bytes of the worker's standard error that are kept. Our choice.
const STDERR_BYTES: u64 = 1 << 20;
/// Lines of it that are quoted in an error, from the end. Our choice.
const QUOTED_LINES: usize = 20;
/// Bytes that are buffered before they are written to the worker. Our choice.
const PIPE_BUFFER: usize = 1 << 20;

/// What the worker reports about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct WorkerFacts {
    /// Path of its program.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub program: PathBuf,
    /// Its version.
    pub version: String,
    /// Version of its libtorch.
    pub libtorch: String,
    /// Whether it can use a CUDA device.
    pub cuda: bool,
}

/// A running worker. It is killed when it is dropped.
pub(super) struct WorkerProcess {
    child: Child,
    watchdog: Watchdog,
    input: BufWriter<DeadlinePipe<ChildStdin>>,
    output: BufReader<DeadlinePipe<ChildStdout>>,
    stderr: Option<Receiver<String>>,
}

impl WorkerProcess {
    /// Starts a worker and exchanges greetings with it.
    pub(super) fn start(program: &Path) -> Result<(Self, WorkerFacts), WorkerError> {
        let mut process = Self::spawn(program).map_err(|reason| WorkerError::Start {
            program: program.to_path_buf(),
            reason,
        })?;
        let facts = process.greet(program)?;
        Ok((process, facts))
    }

    fn spawn(program: &Path) -> Result<Self, String> {
        let text = |e: std::io::Error| e.to_string();
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let (Some(input), Some(output), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("its pipes are missing".into());
        };
        let input = DeadlinePipe::new(input).map_err(text)?;
        let output = DeadlinePipe::new(output).map_err(text)?;
        let watchdog = Watchdog::over(&child);
        Ok(Self {
            child,
            watchdog,
            input: BufWriter::with_capacity(PIPE_BUFFER, input),
            output: BufReader::new(output),
            stderr: Some(collect(stderr)),
        })
    }

    fn greet(&mut self, program: &Path) -> Result<WorkerFacts, WorkerError> {
        let program = program.to_path_buf();
        let hello = Request::Hello {
            protocol: PROTOCOL_VERSION,
        };
        let begun = Instant::now();
        self.wait_until(begun.checked_add(GREETING_TIMEOUT));
        match self.exchange(&hello, &[]).map(|response| response.header) {
            Ok(Response::Hello { protocol, .. }) if protocol != PROTOCOL_VERSION => {
                Err(WorkerError::Version {
                    program,
                    theirs: protocol,
                })
            }
            Ok(Response::Hello {
                worker,
                libtorch,
                cuda,
                ..
            }) => Ok(WorkerFacts {
                program,
                version: worker,
                libtorch,
                cuda,
            }),
            Ok(other) => Err(WorkerError::Unexpected {
                program,
                reason: format!("it answered {other:?}"),
            }),
            Err(e @ ProtocolError::Malformed(_)) => Err(WorkerError::Unexpected {
                program,
                reason: e.to_string(),
            }),
            Err(e) if is_timeout(&e) => Err(WorkerError::NoResponse {
                program,
                seconds: begun.elapsed().as_secs_f64(),
            }),
            Err(e) => Err(WorkerError::Died {
                program,
                how: self.death(&e),
            }),
        }
    }

    /// Sets the moment at which the next exchanges time out.
    pub(super) fn wait_until(&mut self, moment: Option<Instant>) {
        self.input.get_mut().until = moment;
        self.output.get_mut().until = moment;
    }

    /// Sends a request and receives the response, supervised by the watchdog.
    pub(super) fn exchange(
        &mut self,
        request: &Request,
        payload: &[&[u8]],
    ) -> Result<Message<Response>, ProtocolError> {
        self.watchdog.begin(stall_limits(request));
        let response = self.send_and_receive(request, payload);
        self.watchdog.end();
        response
    }

    fn send_and_receive(
        &mut self,
        request: &Request,
        payload: &[&[u8]],
    ) -> Result<Message<Response>, ProtocolError> {
        match write_message(&mut self.input, request, payload) {
            Ok(()) => read_message::<Response>(&mut self.output),
            Err(timeout) if is_timeout(&timeout) => Err(timeout),
            // A program that is not a worker closes its input, and may have printed something before.
            Err(closed @ ProtocolError::Io(_)) => {
                match read_message::<Response>(&mut self.output) {
                    Err(printed @ ProtocolError::Malformed(_)) => Err(printed),
                    _ => Err(closed),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// Kills the process and describes its end: whether it stalled, else its exit status with the last lines
    /// of its standard error.
    pub(super) fn death(&mut self, error: &ProtocolError) -> String {
        let _already_dead = self.child.kill();
        let status = self
            .child
            .wait()
            .map_or_else(|e| e.to_string(), |s| s.to_string());
        let stderr = self
            .stderr
            .take()
            .and_then(|stderr| stderr.recv_timeout(STDERR_TIMEOUT).ok())
            .unwrap_or_default();
        if let Some(stalled) = self.watchdog.found() {
            return stalled.to_string();
        }
        let lines: Vec<&str> = stderr.lines().collect();
        let lines = lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" | ");
        if lines.is_empty() {
            format!("{status}, {error}")
        } else {
            format!("{status}: {lines}")
        }
    }
}

/// Reads a worker's standard error to its end, on a thread of its own, and keeps the first [`STDERR_BYTES`].
fn collect(mut stderr: ChildStderr) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _partial = stderr.by_ref().take(STDERR_BYTES).read_to_end(&mut text);
        let _drained = std::io::copy(&mut stderr, &mut std::io::sink());
        let _nobody_asks = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    receiver
}

/// How long a request may make no progress, by the pixels that the network processes.
fn stall_limits(request: &Request) -> StallLimits {
    let pixels = match request {
        // Two frames are compared.
        Request::Pieapp { height, width, .. } => 2 * u64::from(*height) * u64::from(*width),
        Request::Upscale {
            frames,
            height,
            width,
            ..
        } => u64::from(*frames) * u64::from(*height) * u64::from(*width),
        _ => 0,
    };
    StallLimits::for_network(pixels)
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // Dropping the buffer must not wait for a worker that does not read.
        self.wait_until(Some(Instant::now()));
        // Closing its standard input would end it, too, but only after it has finished computing.
        let _already_dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Whether an exchange timed out.
pub(super) fn is_timeout(error: &ProtocolError) -> bool {
    matches!(error, ProtocolError::Io(e) if e.kind() == std::io::ErrorKind::TimedOut)
}
