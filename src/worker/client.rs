//! Requests to a worker, which is started again once if it dies.

use std::path::{Path, PathBuf};
use std::time::Instant;

use vidaio_worker_protocol::{
    ChannelOrder, Device, ErrorKind, Message, ProtocolError, Request, Response,
};

use super::error::WorkerError;
use super::process::{WorkerFacts, WorkerProcess, is_timeout};

/// Patches of PIE-APP that are evaluated at once. Our choice: memory stays below a gigabyte, and the value does
/// not depend on it.
const CHUNK: u32 = 64;

/// What the worker reports about a super-resolution network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpscalerFacts {
    /// Kind of network.
    pub architecture: String,
    /// Its factor.
    pub scale: u32,
    /// Number of parameters; 0 if they cannot be counted.
    pub parameters: u64,
}

/// Frames of one size that are to be upscaled.
#[derive(Debug, Clone, Copy)]
pub struct RgbBatch<'a> {
    /// Number of frames.
    pub frames: u32,
    /// Rows per frame.
    pub height: u32,
    /// Columns per frame.
    pub width: u32,
    /// All frames, row by row, as packed RGB.
    pub bytes: &'a [u8],
}

/// A worker process, kept warm for the rest of a run.
pub struct Worker {
    program: PathBuf,
    process: WorkerProcess,
    facts: WorkerFacts,
    /// The request that loaded weights, sent again after a restart.
    load: Option<Request>,
    /// Payload of the latest response.
    payload: Vec<u8>,
    /// When requests time out.
    give_up_at: Option<Instant>,
}

impl Worker {
    /// Starts a worker.
    ///
    /// # Errors
    /// It cannot be started, dies at once, or speaks another version of the protocol.
    pub fn start(program: &Path) -> Result<Self, WorkerError> {
        let (process, facts) = WorkerProcess::start(program)?;
        Ok(Self {
            program: program.to_path_buf(),
            process,
            facts,
            load: None,
            payload: Vec::new(),
            give_up_at: None,
        })
    }

    /// Sets the moment at which requests time out; without one, only a stalled worker is given up.
    pub fn give_up_at(&mut self, moment: Option<Instant>) {
        self.give_up_at = moment;
    }

    /// What the worker reports about itself.
    #[must_use]
    pub fn facts(&self) -> &WorkerFacts {
        &self.facts
    }

    /// Loads PIE-APP weights that the caller has verified.
    ///
    /// # Errors
    /// The worker refuses, dies, or does not respond in time.
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

    /// Loads a super-resolution network; half precision works on CUDA only.
    ///
    /// # Errors
    /// The worker refuses, dies, or does not respond in time.
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

    /// Upscales frames; `tile` and `overlap` are in pixels of the input, and a tile of 0 disables tiling.
    ///
    /// # Errors
    /// The worker refuses, dies, or does not respond in time.
    pub fn upscale(
        &mut self,
        batch: RgbBatch<'_>,
        scale: u32,
        tile: u32,
        overlap: u32,
    ) -> Result<Vec<u8>, WorkerError> {
        let RgbBatch {
            frames,
            height,
            width,
            bytes,
        } = batch;
        let request = Request::Upscale {
            frames,
            height,
            width,
            scale,
            tile,
            overlap,
        };
        let response = self.send(&request, &[bytes])?;
        let expected = bytes.len() as u64 * u64::from(scale) * u64::from(scale);
        match response {
            Response::Upscaled { .. } if self.payload.len() as u64 == expected => {
                Ok(std::mem::take(&mut self.payload))
            }
            other => Err(self.unexpected(&other)),
        }
    }

    fn load(&mut self, request: Request) -> Result<Response, WorkerError> {
        self.load = Some(request.clone());
        self.send(&request, &[])
    }

    /// PIE-APP of one pair of RGB frames, as the network computes it.
    ///
    /// # Errors
    /// The worker refuses, dies, or does not respond in time.
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
        match self.send(&request, &[reference, distorted])? {
            Response::Pieapp { score, .. } => Ok(score),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Sends a request. A worker that died is started again once, and loads its weights again.
    fn send(&mut self, request: &Request, payload: &[&[u8]]) -> Result<Response, WorkerError> {
        let begun = Instant::now();
        self.process.wait_until(self.give_up_at);
        let first = match self.process.exchange(request, payload) {
            Ok(response) => return self.accept(response),
            Err(e) if is_timeout(&e) => return Err(self.no_response(begun)),
            Err(e) => self.process.death(&e),
        };
        let (process, _) = WorkerProcess::start(&self.program)?;
        self.process = process;
        self.process.wait_until(self.give_up_at);
        let loads = matches!(
            request,
            Request::LoadPieapp { .. } | Request::LoadUpscaler { .. }
        );
        if !loads && let Some(load) = self.load.clone() {
            let response = self.process.exchange(&load, &[]);
            if response.as_ref().is_err_and(is_timeout) {
                return Err(self.no_response(begun));
            }
            response
                .map_err(|e| self.died(&e, &first))
                .and_then(|r| self.accept(r))?;
        }
        match self.process.exchange(request, payload) {
            Ok(response) => self.accept(response),
            Err(e) if is_timeout(&e) => Err(self.no_response(begun)),
            Err(e) => Err(self.died(&e, &first)),
        }
    }

    fn no_response(&self, begun: Instant) -> WorkerError {
        WorkerError::NoResponse {
            program: self.program.clone(),
            seconds: begun.elapsed().as_secs_f64(),
        }
    }

    fn died(&mut self, error: &ProtocolError, first: &str) -> WorkerError {
        let second = self.process.death(error);
        let how = format!("{first}; started again, {second}");
        WorkerError::Died {
            program: self.program.clone(),
            how,
        }
    }

    fn accept(&mut self, response: Message<Response>) -> Result<Response, WorkerError> {
        let Response::Error { kind, message } = response.header else {
            self.payload = response.payload;
            return Ok(response.header);
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
            ErrorKind::Request => WorkerError::Unexpected {
                program: self.program.clone(),
                reason: message,
            },
        })
    }

    fn unexpected(&self, response: &Response) -> WorkerError {
        let reason = format!("it answered {response:?}");
        WorkerError::Unexpected {
            program: self.program.clone(),
            reason,
        }
    }
}
