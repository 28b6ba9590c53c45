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
    platform, weights,
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
/// Fails if a pipe breaks or what comes in is no message: there is nobody left to tell.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> Result<(), ProtocolError> {
    let mut worker = Worker::default();
    loop {
        let message = match read_message(input) {
            Err(ProtocolError::Closed) => return Ok(()),
            other => other?,
        };
        write_message(output, &worker.answer(&message), &[])?;
    }
}

/// What the worker knows between two requests.
#[derive(Debug, Default)]
struct Worker {
    greeted: bool,
    pieapp: Option<Pieapp>,
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

impl Worker {
    fn answer(&mut self, message: &Message<Request>) -> Response {
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
        };
        answer.unwrap_or_else(|Refusal(kind, message)| Response::Error { kind, message })
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
        if threads == 0 || threads > MAX_THREADS {
            return Err(request(format!("{threads} threads make no sense")));
        }
        let device = match device {
            Device::Cpu => tch::Device::Cpu,
            Device::Cuda if platform::load_cuda() => tch::Device::Cuda(0),
            Device::Cuda => {
                return Err(Refusal(
                    ErrorKind::Device,
                    "there is no CUDA device that libtorch can use".into(),
                ));
            }
        };
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
}

fn request(message: impl Into<String>) -> Refusal {
    Refusal(ErrorKind::Request, message.into())
}
