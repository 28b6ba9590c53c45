//! What gates need of a pair beside its scores.

use serde::{Deserialize, Serialize};

use super::vmaf_run::VmafMeasurement;
use crate::media::{AudioStream, ClipFacts};
use crate::metrics::alignment::Alignment;
use crate::metrics::color::{Channels, Signal};
use crate::metrics::sampled::Sampled;
use crate::metrics::tone::ToneFrame;

/// What the frames of the output were compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Basis {
    Reference,
    /// The clip that the miner received, upscaled by Lanczos to the output's size.
    EnlargedPayload,
}

/// What one pair of frames shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct FrameEvidence {
    /// Display index.
    pub frame: u64,
    /// Brightness and saturation of reference and output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<[Signal; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<ToneFrame>,
    /// Red, green and blue of reference and output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<[Channels; 2]>,
}

/// How much nearer an output is to a sealed original than to the clip that was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct OriginalEvidence {
    /// Mean VMAF of the base model against the original.
    pub vmaf: f64,
    /// The same against the clip that was handed out.
    pub vmaf_received: f64,
    /// Mean chroma PSNR against the original, in decibels.
    pub chroma_psnr: f64,
    /// The same against the clip that was handed out.
    pub chroma_psnr_received: f64,
}

/// Evidence for the gates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct GateEvidence {
    /// What frames were compared with.
    pub basis: Basis,
    /// Facts of the clip that the miner received, where it is not the reference.
    #[serde(default)]
    pub payload: Option<ClipFacts>,
    #[serde(default)]
    pub payload_frames: Option<u64>,
    /// What frames show, in display order.
    pub frames: Vec<FrameEvidence>,
    /// What a few fixed frames show.
    #[serde(default)]
    pub sampled: Option<Sampled>,
    /// VMAF against the upscaled payload.
    #[serde(default)]
    pub payload_vmaf: Option<VmafMeasurement>,
    /// Nearness to the original.
    #[serde(default)]
    pub original: Option<OriginalEvidence>,
    /// Whether both clips run side by side.
    #[serde(default)]
    pub alignment: Option<Alignment>,
    /// Sound streams of reference and output.
    #[serde(default)]
    #[serde(rename = "sound")]
    pub audio: Option<[Vec<AudioStream>; 2]>,
}
