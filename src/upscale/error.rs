//! Why a video could not be upscaled.

use std::path::PathBuf;

use crate::encode::EncodeError;
use crate::media::MediaError;
use crate::worker::WorkerError;

/// Everything that can prevent an upscaling.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpscaleError {
    /// The input cannot be read.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The encoder, the workspace or the deadline.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The worker failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The network has another factor.
    #[error("{name} enlarges {own} times; {requested} is neither that nor half of it")]
    Scale {
        name: String,
        /// The network's own factor.
        own: u32,
        /// The requested factor.
        requested: u32,
    },
    /// The result would fail a gate.
    #[error("{input}: {gates}", input = input.display())]
    Refused {
        input: PathBuf,
        /// Which gates, and why.
        gates: String,
    },
    /// The encoder closed its end of the pipe; its standard error says why.
    #[error("the encoder takes no more frames")]
    Pipe,
}
