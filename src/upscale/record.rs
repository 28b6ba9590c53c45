//! The record of an upscaling.

use serde::{Deserialize, Serialize};

use crate::encode::Fallback;
use crate::verdict::GateVerdict;

/// Value of [`UpscaledRecord::schema`].
pub const UPSCALED_SCHEMA: &str = "vidaio.upscaled/1";

/// An upscaling from start to end.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct UpscaledRecord {
    /// [`UPSCALED_SCHEMA`].
    pub schema: String,
    /// Path of the input.
    pub input: String,
    /// Path of the output.
    pub output: String,
    /// Factor of both sides.
    pub scale: u32,
    /// The filter or network.
    pub engine: String,
    /// Where the engine ran: `cpu` or `cuda`.
    pub device: String,
    /// Whether it computed in half precision.
    pub half: bool,
    /// SHA-256 of the weights of a network.
    pub weights: Option<String>,
    /// Version of libtorch, if a network ran.
    pub libtorch: Option<String>,
    /// Why this engine was selected, if by trial.
    pub why: Option<String>,
    /// Name of the encoder on the command line.
    pub encoder: String,
    /// Preset of the encoder.
    pub preset: String,
    /// The encoder that was requested but does not work here, if another replaced it.
    pub fallback: Option<Fallback>,
    /// The encoder's own quality value.
    pub quality: f64,
    /// Version of the FFmpeg program.
    pub ffmpeg: String,
    /// Width and height of the output.
    pub size: (u32, u32),
    /// Frames of the output.
    pub frames: u64,
    /// Size of the input in bytes.
    pub input_bytes: u64,
    /// Size of the output in bytes.
    pub output_bytes: u64,
    /// Most bytes that the rules allow, if they have a limit.
    pub most_bytes: Option<u64>,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Frames per second, from start to end.
    pub frames_per_second: f64,
    /// Name of the revision whose gates were applied.
    pub rules: String,
    /// The gates that the file alone decides; those that need the original are not judged.
    pub gates: GateVerdict,
    /// What the user should know.
    pub warnings: Vec<String>,
}
