//! The upscaling engine: a filter of FFmpeg, or a network behind the worker.

use std::path::PathBuf;

use crate::worker::{UpscalerFacts, Worker};

/// An interpolation of FFmpeg's `scale` filter, which needs no weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Lanczos with three lobes.
    Lanczos,
    /// Bicubic.
    Bicubic,
    /// Natural bicubic spline.
    Spline,
}

impl Interpolation {
    /// All of them, the default one first.
    pub const ALL: [Self; 3] = [Self::Lanczos, Self::Bicubic, Self::Spline];

    /// Its name on the command line and in FFmpeg.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lanczos => "lanczos",
            Self::Bicubic => "bicubic",
            Self::Spline => "spline",
        }
    }

    /// Finds an interpolation by name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.name() == name)
    }
}

/// A network that a worker has loaded.
pub struct LoadedNetwork {
    /// Name of the catalogue, or the file's stem.
    pub name: String,
    /// Path of the weights.
    pub weights: PathBuf,
    /// SHA-256 of the weights, in hexadecimal.
    pub sha256: String,
    /// The licence, if it is known.
    pub licence: Option<String>,
    /// The process that has loaded it.
    pub worker: Worker,
    /// What the worker reports about it.
    pub facts: UpscalerFacts,
    /// Where it runs: `cpu` or `cuda`.
    pub device: String,
    /// Whether it computes in half precision.
    pub half: bool,
}

/// What upscales the frames.
pub enum Engine {
    /// A filter of FFmpeg.
    Filter(Interpolation),
    /// A network behind the worker.
    Network(Box<LoadedNetwork>),
}

impl Engine {
    /// Its name on the command line.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Filter(filter) => filter.name(),
            Self::Network(network) => &network.name,
        }
    }

    /// Where it runs.
    #[must_use]
    pub fn device(&self) -> &str {
        match self {
            Self::Filter(_) => "cpu",
            Self::Network(network) => &network.device,
        }
    }
}
