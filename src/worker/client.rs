//! A running worker and the conversation with it.

use std::io::{BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use vidaio_worker_protocol::{
    ChannelOrder, Device, ErrorKind, Message, PROTOCOL_VERSION, ProtocolError, Request, Response,
    read_message, write_message,
};

use super::patient::Patient;
use super::watch::Watch;
use crate::child::Patience;

/// How long a worker has to greet: it loads libtorch first, from a slow disk perhaps.
const GREETING: Duration = Duration::from_secs(60);
/// How long the last words of a worker that was ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Patches evaluated at once: memory stays under a gigabyte and the value does not depend on it.
const CHUNK: u32 = 64;

/// Who the worker says it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct WorkerFacts {
    /// Where its program lies.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub program: PathBuf,
    /// Its version.
    pub version: String,
    /// The libtorch it uses.
    pub libtorch: String,
    /// Whether it can use a CUDA device.
    pub cuda: bool,
}

/// Why the worker did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// It could not be started.
    #[error("{program}: the worker cannot be started ({reason})", program = program.display())]
    Start {
        /// Its program.
        program: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// It ended in the middle of a conversation, and again after a restart.
    #[error("{program}: the worker died ({how})", program = program.display())]
    Died {
        /// Its program.
        program: PathBuf,
        /// Exit status and the last words on its stderr.
        how: String,
    },
    /// It speaks another version of the protocol.
    #[error("{program}: the worker speaks protocol {theirs}, this program {PROTOCOL_VERSION}", program = program.display())]
    Version {
        /// Its program.
        program: PathBuf,
        /// Its protocol.
        theirs: u32,
    },
    /// It runs and does not answer.
    #[error("{program}: the worker did not answer within {seconds:.0} s", program = program.display())]
    Silent {
        /// Its program.
        program: PathBuf,
        /// How long it was waited for.
        seconds: f64,
    },
    /// It answered with something that makes no sense.
    #[error("{program}: the worker's answer makes no sense ({reason})", program = program.display())]
    Nonsense {
        /// Its program.
        program: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The weights were refused.
    #[error("{path}: the weights were refused ({reason})", path = path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What the worker said.
        reason: String,
    },
    /// The device asked for is not there.
    #[error("the worker cannot use the device: {0}")]
    Device(String),
    /// libtorch failed, for want of memory for instance.
    #[error("libtorch failed: {0}")]
    Torch(String),
}

/// What a super-resolution network says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpscalerFacts {
    /// Kind of network.
    pub architecture: String,
    /// Its own factor.
    pub scale: u32,
    /// Number of parameters; 0 where they cannot be counted.
    pub parameters: u64,
}

/// Pictures of one size that are to be enlarged.
#[derive(Debug, Clone, Copy)]
pub struct Pictures<'a> {
    /// How many.
    pub frames: u32,
    /// Rows of each.
    pub height: u32,
    /// Columns of each.
    pub width: u32,
    /// Row by row, red green blue.
    pub bytes: &'a [u8],
}

/// A worker process, kept warm for the rest of a run.
pub struct Worker {
    program: PathBuf,
    process: Process,
    facts: WorkerFacts,
    /// The request that loaded weights, sent again after a restart.
    load: Option<Request>,
    /// Bytes behind the last answer.
    payload: Vec<u8>,
    /// When whoever asks will not wait any longer.
    give_up_at: Option<Instant>,
}

struct Process {
    child: Child,
    watch: Watch,
    input: BufWriter<Patient<ChildStdin>>,
    output: BufReader<Patient<ChildStdout>>,
    last_words: Option<Receiver<String>>,
}

impl Worker {
    /// Starts a worker and greets it.
    ///
    /// # Errors
    /// It cannot be started, dies at once, or speaks another protocol.
    pub fn start(program: &Path) -> Result<Self, WorkerError> {
        let (process, facts) = greet(program)?;
        Ok(Self {
            program: program.to_path_buf(),
            process,
            facts,
            load: None,
            payload: Vec::new(),
            give_up_at: None,
        })
    }

    /// Waits for no answer beyond this moment; without one, for as long as a computation takes.
    pub fn give_up_at(&mut self, moment: Option<Instant>) {
        self.give_up_at = moment;
    }

    /// Who it is.
    #[must_use]
    pub fn facts(&self) -> &WorkerFacts {
        &self.facts
    }

    /// Loads PIE-APP weights that the caller has verified.
    ///
    /// # Errors
    /// As the worker says.
    pub fn load_pieapp(
        &mut self,
        weights: &Path,
        device: Device,
        threads: u32,
    ) -> Result<(), WorkerError> {
        let request = Request::LoadPieapp {
            weights: weights.to_string_lossy().into_owned(),
            device,
            threads: threads.max(1),
        };
        match self.load(request)? {
            Response::Loaded { .. } => Ok(()),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Loads a super-resolution network; in half precision where that is wanted, on CUDA alone.
    ///
    /// # Errors
    /// As the worker says.
    pub fn load_upscaler(
        &mut self,
        weights: &Path,
        device: Device,
        threads: u32,
        half: bool,
    ) -> Result<UpscalerFacts, WorkerError> {
        let request = Request::LoadUpscaler {
            weights: weights.to_string_lossy().into_owned(),
            device,
            threads: threads.max(1),
            half,
        };
        match self.load(request)? {
            Response::UpscalerLoaded {
                architecture,
                scale,
                parameters,
            } => Ok(UpscalerFacts {
                architecture,
                scale,
                parameters,
            }),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Enlarges pictures; `tile` and `overlap` are in pixels before enlarging, a tile of 0 is none.
    ///
    /// # Errors
    /// As the worker says.
    pub fn upscale(
        &mut self,
        pictures: Pictures<'_>,
        scale: u32,
        tile: u32,
        overlap: u32,
    ) -> Result<Vec<u8>, WorkerError> {
        let Pictures {
            frames,
            height,
            width,
            bytes,
        } = pictures;
        let request = Request::Upscale {
            frames,
            height,
            width,
            scale,
            tile,
            overlap,
        };
        let answer = self.ask(&request, &[bytes])?;
        let expected = bytes.len() as u64 * u64::from(scale) * u64::from(scale);
        match answer {
            Response::Upscaled { .. } if self.payload.len() as u64 == expected => {
                Ok(std::mem::take(&mut self.payload))
            }
            other => Err(self.unexpected(&other)),
        }
    }

    fn load(&mut self, request: Request) -> Result<Response, WorkerError> {
        self.load = Some(request.clone());
        self.ask(&request, &[])
    }

    /// PIE-APP of one pair of RGB frames, as the network gives it.
    ///
    /// # Errors
    /// As the worker says.
    pub fn pieapp(
        &mut self,
        height: u32,
        width: u32,
        order: ChannelOrder,
        reference: &[u8],
        distorted: &[u8],
    ) -> Result<f64, WorkerError> {
        let request = Request::Pieapp {
            height,
            width,
            order,
            chunk: CHUNK,
        };
        match self.ask(&request, &[reference, distorted])? {
            Response::Pieapp { score, .. } => Ok(score),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Sends a request; a worker that died is started again once and given its weights again.
    fn ask(&mut self, request: &Request, payload: &[&[u8]]) -> Result<Response, WorkerError> {
        let begun = Instant::now();
        self.process.wait_until(self.give_up_at);
        let first = match self.process.exchange(request, payload) {
            Ok(response) => return self.accept(response),
            Err(e) if is_late(&e) => return Err(self.silent(begun)),
            Err(e) => self.process.obituary(&e),
        };
        let (process, _) = greet(&self.program)?;
        self.process = process;
        self.process.wait_until(self.give_up_at);
        let loads = matches!(
            request,
            Request::LoadPieapp { .. } | Request::LoadUpscaler { .. }
        );
        if !loads && let Some(load) = self.load.clone() {
            let answer = self.process.exchange(&load, &[]);
            if answer.as_ref().is_err_and(is_late) {
                return Err(self.silent(begun));
            }
            answer
                .map_err(|e| self.died(&e, &first))
                .and_then(|r| self.accept(r))?;
        }
        match self.process.exchange(request, payload) {
            Ok(response) => self.accept(response),
            Err(e) if is_late(&e) => Err(self.silent(begun)),
            Err(e) => Err(self.died(&e, &first)),
        }
    }

    fn silent(&self, begun: Instant) -> WorkerError {
        WorkerError::Silent {
            program: self.program.clone(),
            seconds: begun.elapsed().as_secs_f64(),
        }
    }

    fn died(&mut self, error: &ProtocolError, first: &str) -> WorkerError {
        let second = self.process.obituary(error);
        let how = format!("{first}; started again, {second}");
        WorkerError::Died {
            program: self.program.clone(),
            how,
        }
    }

    fn accept(&mut self, answer: Message<Response>) -> Result<Response, WorkerError> {
        let Response::Error { kind, message } = answer.header else {
            self.payload = answer.payload;
            return Ok(answer.header);
        };
        Err(match kind {
            ErrorKind::Weights => WorkerError::Weights {
                path: match &self.load {
                    Some(
                        Request::LoadPieapp { weights, .. } | Request::LoadUpscaler { weights, .. },
                    ) => PathBuf::from(weights),
                    _ => PathBuf::new(),
                },
                reason: message,
            },
            ErrorKind::Device => WorkerError::Device(message),
            ErrorKind::Torch => WorkerError::Torch(message),
            ErrorKind::Request => WorkerError::Nonsense {
                program: self.program.clone(),
                reason: message,
            },
        })
    }

    fn unexpected(&self, response: &Response) -> WorkerError {
        let reason = format!("it answered {response:?}");
        WorkerError::Nonsense {
            program: self.program.clone(),
            reason,
        }
    }
}

impl Process {
    /// Until when the next messages are waited for.
    fn wait_until(&mut self, moment: Option<Instant>) {
        self.input.get_mut().until = moment;
        self.output.get_mut().until = moment;
    }

    fn exchange(
        &mut self,
        request: &Request,
        payload: &[&[u8]],
    ) -> Result<Message<Response>, ProtocolError> {
        self.watch.begin(patience_with(request));
        let answer = self.ask_and_wait(request, payload);
        self.watch.end();
        answer
    }

    fn ask_and_wait(
        &mut self,
        request: &Request,
        payload: &[&[u8]],
    ) -> Result<Message<Response>, ProtocolError> {
        match write_message(&mut self.input, request, payload) {
            Ok(()) => read_message::<Response>(&mut self.output),
            Err(late) if is_late(&late) => Err(late),
            // A program that would not listen may still have said why before it went.
            Err(gone @ ProtocolError::Io(_)) => match read_message::<Response>(&mut self.output) {
                Err(said @ ProtocolError::Malformed(_)) => Err(said),
                _ => Err(gone),
            },
            Err(refused) => Err(refused),
        }
    }

    /// Waits for the dead and says how it went, with the end of what it wrote to stderr.
    fn obituary(&mut self, error: &ProtocolError) -> String {
        let _already_dead = self.child.kill();
        let status = self
            .child
            .wait()
            .map_or_else(|e| e.to_string(), |s| s.to_string());
        // What it started may live on and hold the pipe.
        let words = self
            .last_words
            .take()
            .and_then(|words| words.recv_timeout(LAST_WORDS).ok())
            .unwrap_or_default();
        if let Some(stuck) = self.watch.found() {
            return stuck.to_string();
        }
        let words: Vec<&str> = words.lines().collect();
        let words = words[words.len().saturating_sub(20)..].join(" | ");
        if words.is_empty() {
            format!("{status}, {error}")
        } else {
            format!("{status}: {words}")
        }
    }
}

/// How long an answer may take: a greeting none at all, a network by its pictures.
fn patience_with(request: &Request) -> Patience {
    match request {
        Request::Pieapp { height, width, .. } => {
            Patience::with_network(2 * u64::from(*height) * u64::from(*width))
        }
        Request::Upscale {
            frames,
            height,
            width,
            ..
        } => Patience::with_network(u64::from(*frames) * u64::from(*height) * u64::from(*width)),
        _ => Patience::with_network(0),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // What was not written to it is not waited for.
        self.wait_until(Some(Instant::now()));
        // Closing its stdin would end it too, but not while it computes for a caller who has left.
        let _already_dead = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn greet(program: &Path) -> Result<(Process, WorkerFacts), WorkerError> {
    let owned = || program.to_path_buf();
    let start = |reason: String| WorkerError::Start {
        program: program.to_path_buf(),
        reason,
    };
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| start(e.to_string()))?;
    let (Some(input), Some(output), Some(mut errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(start("its pipes are missing".into()));
    };
    let patient = |e: std::io::Error| start(e.to_string());
    let input = Patient::new(input).map_err(patient)?;
    let output = Patient::new(output).map_err(patient)?;
    let (tell, last_words) = sync_channel(1);
    std::thread::spawn(move || {
        let mut text = Vec::new();
        // Bounded: a worker that never stops complaining must not fill our memory.
        let _partial = errors.by_ref().take(1 << 20).read_to_end(&mut text);
        let _drained = std::io::copy(&mut errors, &mut std::io::sink());
        let _nobody_asks = tell.send(String::from_utf8_lossy(&text).into_owned());
    });
    let watch = Watch::over(&child);
    let mut process = Process {
        child,
        watch,
        input: BufWriter::with_capacity(1 << 20, input),
        output: BufReader::new(output),
        last_words: Some(last_words),
    };
    let hello = Request::Hello {
        protocol: PROTOCOL_VERSION,
    };
    let begun = Instant::now();
    process.wait_until(begun.checked_add(GREETING));
    match process.exchange(&hello, &[]).map(|answer| answer.header) {
        Ok(Response::Hello {
            protocol,
            worker,
            libtorch,
            cuda,
        }) => {
            if protocol != PROTOCOL_VERSION {
                return Err(WorkerError::Version {
                    program: owned(),
                    theirs: protocol,
                });
            }
            let facts = WorkerFacts {
                program: owned(),
                version: worker,
                libtorch,
                cuda,
            };
            Ok((process, facts))
        }
        Ok(other) => Err(WorkerError::Nonsense {
            program: owned(),
            reason: format!("it answered {other:?}"),
        }),
        Err(e @ ProtocolError::Malformed(_)) => Err(WorkerError::Nonsense {
            program: owned(),
            reason: e.to_string(),
        }),
        Err(e) if is_late(&e) => Err(WorkerError::Silent {
            program: owned(),
            seconds: begun.elapsed().as_secs_f64(),
        }),
        Err(e) => Err(WorkerError::Died {
            program: owned(),
            how: process.obituary(&e),
        }),
    }
}

fn is_late(error: &ProtocolError) -> bool {
    matches!(error, ProtocolError::Io(e) if e.kind() == std::io::ErrorKind::TimedOut)
}
