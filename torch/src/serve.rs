//! The loop of the worker: one request in, one response out, until the caller closes the pipe.

use std::{
    io::{Read, Write},
    path::Path,
};

use vidaio_worker_protocol::{
    Device, ErrorKind, Message, PROTOCOL_VERSION, ProtocolError, Request, Response, read_message,
    write_message,
};

use crate::{
    pieapp::{Pair, Pieapp, PieappError},
    platform,
    upscale::{Batch, Precision, Tiling, UpscaleError, Upscaler},
    weights,
};

/// The libtorch this package is made for; `tch` checks it when it is built.
pub const LIBTORCH: &str = "2.11.0";

/// Most threads that make sense; a larger number is a mistake of the caller.
const MAX_THREADS: u32 = 1024;

/// Name, version and libtorch in one line.
#[must_use]
pub fn version() -> String {
    format!(
        "vidaio-torch {} (libtorch {LIBTORCH})",
        env!("CARGO_PKG_VERSION")
    )
}

/// Answers requests until the input ends.
///
/// # Errors
/// Fails if a pipe breaks or what comes in is no message: nobody is left to report to.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> Result<(), ProtocolError> {
    let mut worker = Worker::default();
    loop {
        let message = match read_message(input) {
            Err(ProtocolError::Closed) => return Ok(()),
            other => other?,
        };
        let (response, payload) = worker.answer(&message);
        write_message(output, &response, &[&payload])?;
    }
}

/// What the worker knows between two requests.
#[derive(Debug, Default)]
struct Worker {
    greeted: bool,
    pieapp: Option<Pieapp>,
    upscaler: Option<Upscaler>,
}

/// A request that cannot be carried out.
struct Refusal(ErrorKind, String);

impl From<PieappError> for Refusal {
    fn from(error: PieappError) -> Self {
        let kind = match &error {
            PieappError::Torch(_) => ErrorKind::Torch,
            PieappError::Weights(weights::WeightsError::Torch(_)) => ErrorKind::Torch,
            PieappError::Weights(_) => ErrorKind::Weights,
            _ => ErrorKind::Request,
        };
        Self(kind, error.to_string())
    }
}

impl From<UpscaleError> for Refusal {
    fn from(error: UpscaleError) -> Self {
        let kind = match &error {
            UpscaleError::Torch(_) => ErrorKind::Torch,
            UpscaleError::Weights(_) | UpscaleError::Script(_) => ErrorKind::Weights,
            _ => ErrorKind::Request,
        };
        Self(kind, error.to_string())
    }
}

impl Worker {
    /// The response to a message, and the bytes behind it.
    fn answer(&mut self, message: &Message<Request>) -> (Response, Vec<u8>) {
        let mut pictures = Vec::new();
        let Message { header, payload } = message;
        let answer = match header {
            Request::Hello { protocol } => self.hello(*protocol),
            _ if !self.greeted => Err(request("the first message must be a greeting")),
            Request::LoadPieapp {
                weights,
                device,
                threads,
            } => self.load(weights, *device, *threads),
            Request::Pieapp {
                height,
                width,
                order,
                chunk,
            } => {
                let (height, width, chunk) = (*height as usize, *width as usize, *chunk as usize);
                self.score(&Pair {
                    height,
                    width,
                    order: *order,
                    chunk,
                    bytes: payload,
                })
            }
            Request::LoadUpscaler {
                weights,
                device,
                threads,
                half,
            } => self.load_upscaler(weights, *device, *threads, *half),
            Request::Upscale {
                frames,
                height,
                width,
                scale,
                tile,
                overlap,
            } => {
                let batch = Batch {
                    frames: *frames,
                    height: *height,
                    width: *width,
                    scale: *scale,
                    tiling: Tiling {
                        tile: *tile,
                        overlap: *overlap,
                    },
                    bytes: payload,
                };
                self.upscale(&batch, &mut pictures)
            }
        };
        match answer {
            Ok(response) => (response, pictures),
            Err(Refusal(kind, message)) => (Response::Error { kind, message }, Vec::new()),
        }
    }

    fn hello(&mut self, protocol: u32) -> Result<Response, Refusal> {
        if protocol != PROTOCOL_VERSION {
            return Err(request(format!(
                "the caller speaks protocol {protocol}, this worker {PROTOCOL_VERSION}: install both from one release"
            )));
        }
        self.greeted = true;
        Ok(Response::Hello {
            protocol: PROTOCOL_VERSION,
            worker: env!("CARGO_PKG_VERSION").into(),
            libtorch: LIBTORCH.into(),
            cuda: platform::load_cuda(),
        })
    }

    fn load(&mut self, path: &str, device: Device, threads: u32) -> Result<Response, Refusal> {
        let device = place(device, threads)?;
        // The old ones go first: two networks at once would need twice the memory.
        self.pieapp = None;
        let loaded = weights::load(Path::new(path)).map_err(PieappError::from);
        let pieapp = loaded.and_then(|weights| Pieapp::new(weights, device, threads));
        self.pieapp = Some(pieapp.map_err(|error| {
            let Refusal(kind, message) = error.into();
            Refusal(kind, format!("{path}: {message}"))
        })?);
        Ok(Response::Loaded {
            parameters: weights::PARAMETERS,
        })
    }

    fn score(&self, pair: &Pair<'_>) -> Result<Response, Refusal> {
        let pieapp = self
            .pieapp
            .as_ref()
            .ok_or_else(|| request("no weights are loaded"))?;
        let score = pieapp.score(pair)?;
        Ok(Response::Pieapp {
            score: f64::from(score.value),
            patches: u32::try_from(score.patches).unwrap_or(u32::MAX),
        })
    }

    fn load_upscaler(
        &mut self,
        path: &str,
        device: Device,
        threads: u32,
        half: bool,
    ) -> Result<Response, Refusal> {
        let device = place(device, threads)?;
        let precision = match (half, device) {
            (false, _) => Precision::Full,
            (true, tch::Device::Cuda(_)) => Precision::Half,
            (true, _) => return Err(request("half precision needs a CUDA device")),
        };
        self.upscaler = None;
        let loaded = Upscaler::load(Path::new(path), device, precision);
        let upscaler = loaded.map_err(|error| {
            let Refusal(kind, message) = error.into();
            Refusal(kind, format!("{path}: {message}"))
        })?;
        tch::set_num_threads(i32::try_from(threads).unwrap_or(1));
        let response = Response::UpscalerLoaded {
            architecture: upscaler.architecture().into(),
            scale: upscaler.scale(),
            parameters: upscaler.parameters(),
        };
        self.upscaler = Some(upscaler);
        Ok(response)
    }

    fn upscale(&self, batch: &Batch<'_>, pictures: &mut Vec<u8>) -> Result<Response, Refusal> {
        let upscaler = self
            .upscaler
            .as_ref()
            .ok_or_else(|| request("no super-resolution network is loaded"))?;
        *pictures = upscaler.enlarge(batch)?;
        Ok(Response::Upscaled {
            frames: batch.frames,
            height: batch.height * batch.scale,
            width: batch.width * batch.scale,
        })
    }
}

/// The device of libtorch, where it is there and the threads make sense.
fn place(device: Device, threads: u32) -> Result<tch::Device, Refusal> {
    if threads == 0 || threads > MAX_THREADS {
        return Err(request(format!("{threads} threads make no sense")));
    }
    match device {
        Device::Cpu => Ok(tch::Device::Cpu),
        Device::Cuda if platform::load_cuda() => Ok(tch::Device::Cuda(0)),
        Device::Cuda => Err(Refusal(
            ErrorKind::Device,
            "there is no CUDA device that libtorch can use".into(),
        )),
    }
}

fn request(message: impl Into<String>) -> Refusal {
    Refusal(ErrorKind::Request, message.into())
}
