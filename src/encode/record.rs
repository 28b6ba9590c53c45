//! The records of a probe and of a whole compression.

use serde::{Deserialize, Serialize};

use super::encoders::catalogue::Encoder;
use super::encoders::options::Zone;
use super::encoders::select::Fallback;
use super::search::features::Features;
use super::search::prior::Learnt;
use super::search::{Feasibility, Level, Point, StopReason, Variant};
use crate::assess::PairScore;
use crate::domain::Codec;
use crate::gates::Gate;

/// Value of [`ProbeRecord::schema`].
pub const PROBE_SCHEMA: &str = "vidaio.probe/1";
/// Value of [`MadeRecord::schema`].
pub const MADE_SCHEMA: &str = "vidaio.made/1";

/// What a probe is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Purpose")]
pub enum ProbePurpose {
    /// With a deadline, to have a file that passes before anything else.
    Safe,
    /// To find the quality with the default parameters.
    Search,
    /// The quality of the published table.
    Table,
    /// One step of a grid.
    Grid,
    /// Alternative parameters at the quality found.
    Variant,
    /// Quality allocated per shot.
    Shots,
}

/// One shot of a probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ShotRecord {
    /// First frame.
    pub start: u64,
    /// The frame after its last.
    pub end: u64,
    /// Offset added to the quality.
    pub offset: f64,
    /// Mean VMAF of its frames under the model that is scored.
    pub vmaf: f64,
    /// Bytes of its encoded frames.
    pub bytes: u64,
}

/// One encoded and measured file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ProbeRecord {
    /// [`PROBE_SCHEMA`].
    pub schema: String,
    /// Number of the probe in its run, from 1.
    pub number: u32,
    pub purpose: ProbePurpose,
    /// Name of the encoder on the command line.
    pub encoder: String,
    pub preset: String,
    /// The encoder's own quality value.
    pub quality: f64,
    /// Level on the quality axis.
    pub level: Level,
    /// Parameter set: 0 is the default one.
    pub variant: Variant,
    /// Name of an alternative parameter set.
    pub variant_name: Option<String>,
    /// Parts with a quality offset.
    pub zones: Vec<Zone>,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// VMAF as the revision scores it.
    pub vmaf: f64,
    /// Mean of `vmaf_v0.6.1`.
    pub base: Option<f64>,
    /// Mean of `vmaf_v0.6.1neg`.
    pub neg: Option<f64>,
    /// Plain harmonic means of both models, base first.
    pub harmonic: [Option<f64>; 2],
    /// The final score under the revision.
    pub score: f64,
    /// Value of the objective that the search maximizes: the score, unless another one was requested.
    #[serde(rename = "worth")]
    pub objective: f64,
    /// The gates in one word.
    #[serde(rename = "standing")]
    pub feasibility: Feasibility,
    /// The gates that fail.
    pub failed: Vec<Gate>,
    /// The shots of the clip; empty if there is only one.
    pub shots: Vec<ShotRecord>,
    /// Seconds of the encode.
    pub encode_seconds: f64,
    /// Seconds of the measurement.
    pub measure_seconds: f64,
    /// Name of the revision of the rules.
    pub rules: String,
    /// Features of the clip, so that the prior can be fitted on logs.
    pub features: Features,
    /// VMAF threshold of the task.
    pub threshold: f64,
    /// Versions of vidaio and FFmpeg.
    pub made_by: String,
    /// SHA-256 of the file, if it was delivered as the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<String>,
}

/// A compression from start to end.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct MadeRecord {
    /// [`MADE_SCHEMA`].
    pub schema: String,
    /// Path of the input.
    pub input: String,
    /// Path of the output.
    pub output: String,
    pub codec: Codec,
    /// Name of the encoder on the command line.
    pub encoder: String,
    /// Name of the encoder in FFmpeg.
    pub library: String,
    /// Where the encoder ran: `cpu` or `gpu`.
    pub device: String,
    /// The encoder that was requested but does not work here, if another replaced it.
    pub fallback: Option<Fallback>,
    /// Preset of the output.
    pub preset: String,
    /// Version of the FFmpeg program.
    pub ffmpeg: String,
    /// What the search maximized: `score`, `threshold` or `size`.
    pub objective: String,
    /// VMAF points above the threshold that a file had to have.
    pub margin: f64,
    /// Why the search ended.
    pub ended: StopReason,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Deadline in seconds after the start.
    pub deadline: Option<f64>,
    /// Number of the probe whose file is the output.
    pub chosen: u32,
    /// Number of shots.
    pub shots: usize,
    /// Whether the decoded input was held in memory.
    pub reference_held: bool,
    /// Where the search started.
    pub seed: SeedRecord,
    /// Every measured file.
    pub probes: Vec<ProbeRecord>,
    /// The verdict on the output, from its own measurement.
    pub verdict: PairScore,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Where the search started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SeedRecord {
    /// Quality at which the threshold was expected to be met.
    pub quality: f64,
    /// Standard error of that quality.
    pub error: f64,
    pub features: Features,
    /// Correction from earlier searches on this machine.
    pub learnt: Option<Learnt>,
}

/// Where an encoder runs, as records say it.
pub(crate) fn device(encoder: &Encoder) -> String {
    if encoder.hardware { "gpu" } else { "cpu" }.into()
}

impl ProbeRecord {
    /// The probe as a point of the search.
    pub(crate) fn point(&self) -> Point {
        Point {
            variant: self.variant,
            level: self.level,
            vmaf: self.vmaf,
            bytes: self.bytes,
            objective: self.objective,
            feasibility: self.feasibility,
            on_curve: self.purpose != ProbePurpose::Safe,
        }
    }
}
