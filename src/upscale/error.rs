//! Why a video could not be enlarged.

use std::path::PathBuf;

use crate::encode::EncodeError;
use crate::media::MediaError;
use crate::worker::WorkerError;

/// Everything that can stop an upscaling.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpscaleError {
    /// The input.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The encoder, the workplace or the deadline.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The worker.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The network has another factor.
    #[error("{name} enlarges {own} times; {wanted} is neither that nor half of it")]
    Scale {
        /// The network.
        name: String,
        /// Its factor.
        own: u32,
        /// What was asked for.
        wanted: u32,
    },
    /// The result would be refused whatever its quality.
    #[error("{input}: {gates}", input = input.display())]
    Refused {
        /// The input.
        input: PathBuf,
        /// What validators would say.
        gates: String,
    },
    /// The pipe to the encoder closed; its own words say why.
    #[error("the encoder takes no more frames")]
    Pipe,
}
