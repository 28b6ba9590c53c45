//! What is written down of every probe, and of the whole run.

use serde::{Deserialize, Serialize};

use super::catalogue::Encoder;
use super::features::Features;
use super::options::Zone;
use super::prior::Learnt;
use super::search::{Level, Standing, Variant, Why};
use super::trial::Fallback;
use crate::assess::PairScore;
use crate::domain::Codec;
use crate::gates::Gate;

/// Value of [`ProbeRecord::schema`].
pub const PROBE_SCHEMA: &str = "vidaio.probe/1";
/// Value of [`MadeRecord::schema`].
pub const MADE_SCHEMA: &str = "vidaio.made/1";

/// What a probe was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To have something that passes before anything else.
    Safe,
    /// To find the quality.
    Search,
    /// The published table's choice.
    Table,
    /// One of a whole axis.
    Grid,
    /// Other parameters at the quality found.
    Variant,
    /// Quality shared out among shots.
    Shots,
}

/// One shot as a probe shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ShotRecord {
    /// First frame.
    pub start: u64,
    /// The frame behind its last.
    pub end: u64,
    /// What was added to the quality.
    pub offset: f64,
    /// Mean VMAF of its frames by the model that is scored.
    pub vmaf: f64,
    /// Bytes of its frames.
    pub bytes: u64,
}

/// One file that was made and measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ProbeRecord {
    /// [`PROBE_SCHEMA`].
    pub schema: String,
    /// Which probe of the run, from 1 on.
    pub number: u32,
    /// What for.
    pub purpose: Purpose,
    /// Our name of the encoder.
    pub encoder: String,
    /// Its preset.
    pub preset: String,
    /// Its own number for the quality.
    pub quality: f64,
    /// Place on the axis of quality.
    pub level: Level,
    /// Set of parameters: 0 is the usual one.
    pub variant: Variant,
    /// Parameters beside the usual ones, in words.
    pub variant_name: Option<String>,
    /// Parts with a quality of their own.
    pub zones: Vec<Zone>,
    /// Bytes of the file.
    pub bytes: u64,
    /// VMAF as the revision scores it.
    pub vmaf: f64,
    /// Mean of `vmaf_v0.6.1`.
    pub base: Option<f64>,
    /// Mean of `vmaf_v0.6.1neg`.
    pub neg: Option<f64>,
    /// Plain harmonic means of both models, base first.
    pub harmonic: [Option<f64>; 2],
    /// The score.
    pub score: f64,
    /// What the search goes by: the score, or what was asked for in its place.
    pub worth: f64,
    /// The gates in one word.
    pub standing: Standing,
    /// Gates that fail.
    pub failed: Vec<Gate>,
    /// Every shot.
    pub shots: Vec<ShotRecord>,
    /// Seconds that the encoder took.
    pub encode_seconds: f64,
    /// Seconds that measuring took.
    pub measure_seconds: f64,
    /// Revision of the rules.
    pub rules: String,
    /// Features of the clip, so that a log can be learnt from.
    pub features: Features,
    /// Threshold that was aimed at.
    pub threshold: f64,
    /// What ran: versions of FFmpeg and of this program.
    pub made_by: String,
    /// SHA-256 of the file where it was put in the result's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<String>,
}

/// A run from end to end.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct MadeRecord {
    /// [`MADE_SCHEMA`].
    pub schema: String,
    /// The input.
    pub input: String,
    /// The file that was made.
    pub output: String,
    /// Codec.
    pub codec: Codec,
    /// Our name of the encoder.
    pub encoder: String,
    /// FFmpeg's name of it.
    pub library: String,
    /// Where it ran: `cpu` or `gpu`.
    pub device: String,
    /// What was asked for and does not work here, where another took its place.
    pub fallback: Option<Fallback>,
    /// Preset of the file that was chosen.
    pub preset: String,
    /// Version of the FFmpeg program.
    pub ffmpeg: String,
    /// What was sought: `score`, `threshold` or `size`.
    pub objective: String,
    /// VMAF above the threshold that was aimed at.
    pub margin: f64,
    /// Why the search ended.
    pub ended: Why,
    /// Seconds from start to end.
    pub seconds: f64,
    /// The deadline in seconds.
    pub deadline: Option<f64>,
    /// Number of the probe that was chosen.
    pub chosen: u32,
    /// Shots that were found.
    pub shots: usize,
    /// Whether the input was decoded once and held in memory.
    pub reference_held: bool,
    /// What the first guess came from.
    pub seed: SeedRecord,
    /// Every file that was measured.
    pub probes: Vec<ProbeRecord>,
    /// The verdict on the file that was chosen, measured on that file.
    pub verdict: PairScore,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Where the search began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SeedRecord {
    /// Quality at which the threshold was expected.
    pub quality: f64,
    /// Standard error of that.
    pub error: f64,
    /// Features of the clip.
    pub features: Features,
    /// What earlier runs here added.
    pub learnt: Option<Learnt>,
}

/// Where an encoder runs.
pub(crate) fn device(encoder: &Encoder) -> String {
    if encoder.hardware { "gpu" } else { "cpu" }.into()
}
