//! The record of a measurement: enough to score again later, without the videos.

use crate::domain::Task;
use serde::{Deserialize, Serialize};

use super::evidence::GateEvidence;
use super::vmaf_run::VmafMeasurement;
use crate::media::{ClipFacts, LibraryVersions};
use crate::rules::{NetworkChannels, Pixels};

/// Value of [`Measurement::schema`].
pub const MEASUREMENT_SCHEMA: &str = "vidaio.measurement/1";

/// Versions of FFmpeg, as results carry them.
pub type FfmpegVersions = LibraryVersions;

/// Everything that was measured of one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Measurement {
    /// [`MEASUREMENT_SCHEMA`].
    pub schema: String,
    pub vidaio: String,
    /// The task it was measured for.
    pub task: Task,
    pub reference: ClipFacts,
    pub distorted: ClipFacts,
    /// Frames of the reference, counted from its packets.
    pub reference_frames: u64,
    /// Frames of the output.
    pub distorted_frames: u64,
    /// Pixel format in which VMAF was measured.
    pub pixels: Pixels,
    /// The run of VMAF that counts.
    pub vmaf: VmafMeasurement,
    /// Further runs, for other revisions or draws.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_vmaf: Vec<VmafMeasurement>,
    /// The run of PIE-APP that counts, where one was asked for and possible.
    pub pieapp: Option<PieappMeasurement>,
    /// Further runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_pieapp: Vec<PieappMeasurement>,
    /// What gates need beside the scores; absent where none of them needs frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<GateEvidence>,
    pub backend: Backend,
    /// Remarks, such as variable frame times.
    pub notes: Vec<String>,
}

/// One run of PIE-APP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PieappMeasurement {
    pub seed: u64,
    /// Display indices of the frames.
    pub frames: Vec<u64>,
    /// Channel order the network was fed.
    pub channels: NetworkChannels,
    /// The network's value for each frame: may be negative, no cap.
    pub per_frame: Vec<f64>,
}

/// The weights that PIE-APP ran with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct WeightsUsed {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Whether these are the published weights; with others the value means nothing to a validator.
    pub published: bool,
}

impl WeightsUsed {
    /// A record of the weights.
    #[must_use]
    pub fn new(sha256: String, published: bool) -> Self {
        Self { sha256, published }
    }
}

/// What measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Backend {
    pub libvmaf: String,
    /// VMAF models, base first.
    pub models: Vec<String>,
    /// FFmpeg's libraries.
    pub ffmpeg: FfmpegVersions,
    /// Where VMAF ran: always `cpu` here.
    pub vmaf_device: String,
    /// Where PIE-APP ran: `cpu`, `cuda`, or absent if it did not run.
    pub device: Option<String>,
    /// Version of libtorch, where PIE-APP ran.
    pub libtorch: Option<String>,
    /// Weights of PIE-APP, where it ran.
    pub weights: Option<WeightsUsed>,
    /// Threads asked for.
    pub threads: u32,
    /// Threads that VMAF was given, to keep to the memory allowed.
    pub vmaf_threads: u32,
    /// The seed of everything drawn.
    pub seed: u64,
}
