//! What is to be measured.

use crate::domain::{Bytes, Task};
use std::path::PathBuf;

use serde::Serialize;

use crate::rules::{FramePath, NetworkChannels, PieappStart, Pixels};

/// Which VMAF models are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Models {
    /// `vmaf_v0.6.1` and `vmaf_v0.6.1neg` in one pass.
    Both,
    /// `vmaf_v0.6.1` alone: about half the work.
    Base,
    /// `vmaf_v0.6.1neg` alone.
    Neg,
}

/// Which frames VMAF is measured on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum FrameSelection {
    /// As a validator's procedure finds them.
    Path(FramePath),
    /// Exactly these display indices, cut out and compared as if consecutive.
    Listed(Vec<u64>),
}

/// One run of VMAF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VmafRequest {
    pub frames: FrameSelection,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// One run of PIE-APP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PieappRequest {
    /// Consecutive frames.
    pub frames: u64,
    pub start: PieappStart,
    pub channels: NetworkChannels,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// Everything [`super::measure`] needs to know.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    pub task: Task,
    /// What the output is compared with.
    pub reference: PathBuf,
    pub distorted: PathBuf,
    /// Runs of VMAF; the first is the one that counts. At least one.
    pub vmaf: Vec<VmafRequest>,
    /// Runs of PIE-APP; the first is the one that counts.
    pub pieapp: Vec<PieappRequest>,
    pub models: Models,
    /// Pixel format for VMAF.
    pub pixels: Pixels,
    /// Fewest frames the reference may have.
    pub fewest_frames: u64,
    /// Largest difference of frame counts that is measured at all.
    pub frame_tolerance: u64,
    /// Threads for decoding and VMAF; at least 1.
    pub threads: u32,
    /// Memory that decoding and VMAF may take; they use fewer threads to keep to it.
    pub memory: Bytes,
    /// The seed that results state.
    pub seed: u64,
    /// What is measured for the gates.
    pub evidence: EvidenceRequest,
}

/// What gates need beside the metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EvidenceRequest {
    /// The clip that the miner received, where it is not the reference.
    pub payload: Option<PathBuf>,
    /// Whether VMAF is also measured against that clip, upscaled.
    pub payload_vmaf: bool,
    /// Whether frames are compared with that clip, upscaled, instead of the reference.
    pub payload_is_basis: bool,
    /// The original behind the reference, to measure which of both the output is nearer to.
    pub original: Option<PathBuf>,
    /// Brightness and saturation of every frame.
    pub signal: bool,
    /// Tone of every frame.
    pub tone: bool,
    /// Red, green and blue of the frames that VMAF sees.
    pub channels: bool,
    /// Fixed frames on a fixed grid.
    pub sampled: bool,
    /// Whether both clips run side by side.
    pub alignment: bool,
    /// Audio packets.
    pub audio: bool,
}

impl EvidenceRequest {
    /// Adds what `other` needs.
    pub fn join(&mut self, other: Self) {
        self.payload = self.payload.take().or(other.payload);
        self.original = self.original.take().or(other.original);
        self.payload_vmaf |= other.payload_vmaf;
        self.payload_is_basis |= other.payload_is_basis;
        self.signal |= other.signal;
        self.tone |= other.tone;
        self.channels |= other.channels;
        self.sampled |= other.sampled;
        self.alignment |= other.alignment;
        self.audio |= other.audio;
    }

    /// Whether nothing is needed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A part of the work, as shown to a waiting person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    Encode,
    /// Upscaling and encoding.
    Upscale,
    Read,
    Vmaf,
    Pieapp,
}

/// Receives how far the work is.
pub trait Progress: Sync {
    /// A step begins with this many units to do.
    fn begin(&self, step: Step, units: u64);
    /// One more unit is done.
    fn advance(&self);
    /// The step is over.
    fn end(&self);
    /// Whether to go on: work stops at the next frame once this is false.
    fn go_on(&self) -> bool {
        true
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentProgress;

impl Progress for SilentProgress {
    fn begin(&self, _: Step, _: u64) {}
    fn advance(&self) {}
    fn end(&self) {}
}
