//! Who enlarges: a filter of FFmpeg, or a network behind the worker.

use std::path::PathBuf;

use crate::worker::{UpscalerFacts, Worker};

/// A filter of FFmpeg's `scale`: always there, needs no weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Lanczos of three lobes.
    Lanczos,
    /// Bicubic.
    Bicubic,
    /// Natural bicubic spline.
    Spline,
}

impl Interpolation {
    /// All of them, the usual one first.
    pub const ALL: [Self; 3] = [Self::Lanczos, Self::Bicubic, Self::Spline];

    /// Name on the command line and in FFmpeg.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lanczos => "lanczos",
            Self::Bicubic => "bicubic",
            Self::Spline => "spline",
        }
    }

    /// Finds one by name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.name() == name)
    }
}

/// A network that is loaded and waits for pictures.
pub struct LoadedNetwork {
    /// What the user calls it.
    pub name: String,
    /// Its file.
    pub weights: PathBuf,
    /// SHA-256 of that.
    pub sha256: String,
    /// Licence, where it is known.
    pub licence: Option<String>,
    /// The process it lies in.
    pub worker: Worker,
    /// What it says of itself.
    pub facts: UpscalerFacts,
    /// Where it runs: `cpu` or `cuda`.
    pub device: String,
    /// Whether it computes in half precision.
    pub half: bool,
}

/// Who enlarges.
pub enum Engine {
    /// A filter.
    Filter(Interpolation),
    /// A network.
    Network(Box<LoadedNetwork>),
}

impl Engine {
    /// What it is called.
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
