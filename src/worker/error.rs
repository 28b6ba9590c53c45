//! Why a request to the worker failed.

use std::path::PathBuf;

use vidaio_worker_protocol::PROTOCOL_VERSION;

/// Why a request to the worker failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// It could not be started.
    #[error("{program}: the worker cannot be started ({reason})", program = program.display())]
    Start { program: PathBuf, reason: String },
    /// It died during a request, and again after a restart.
    #[error("{program}: the worker died ({how})", program = program.display())]
    Died {
        program: PathBuf,
        /// Exit status and the last lines of its standard error.
        how: String,
    },
    /// It speaks another version of the protocol.
    #[error("{program}: the worker speaks protocol {theirs}, this program {PROTOCOL_VERSION}", program = program.display())]
    Version {
        program: PathBuf,
        /// Version of its protocol.
        theirs: u32,
    },
    /// It runs but did not respond in time.
    #[error("{program}: the worker did not answer within {seconds:.0} s", program = program.display())]
    NoResponse {
        program: PathBuf,
        /// Seconds that the request took until then.
        seconds: f64,
    },
    /// Its response is not one that the request can have.
    #[error("{program}: the worker's answer makes no sense ({reason})", program = program.display())]
    Unexpected { program: PathBuf, reason: String },
    /// The worker cannot load the weights.
    #[error("{path}: the weights were refused ({reason})", path = path.display())]
    Weights { path: PathBuf, reason: String },
    /// The requested device does not exist.
    #[error("the worker cannot use the device: {0}")]
    Device(String),
    /// libtorch failed, for example because memory ran out.
    #[error("libtorch failed: {0}")]
    Torch(String),
}
