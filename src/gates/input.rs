//! What gates judge by: the request, the files and what was measured of them.

use crate::domain::{Origin, RateMode, Task};

use crate::measure::{FrameEvidence, OriginalEvidence};
use crate::media::{AudioStream, ClipFacts};
use crate::metrics::alignment::Alignment;
use crate::metrics::sampled::Sampled;

use super::claim::Claim;

/// What a validator asked for.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct TaskRequest {
    /// VMAF threshold of a compression.
    pub threshold: Option<f64>,
    /// Codec family of a compression.
    pub codec: Option<String>,
    /// Rate control of a compression.
    pub mode: Option<RateMode>,
    /// Bitrate in megabits a second.
    pub bitrate: Option<f64>,
    /// Factor of an upscaling.
    pub scale: Option<u32>,
}

/// A file as far as it could be read.
#[derive(Debug, Clone, Copy)]
pub enum ClipState<'a> {
    Video {
        facts: &'a ClipFacts,
        /// Frames, counted from packets.
        frames: u64,
    },
    /// Not a video that can be read.
    Unreadable {
        why: &'a str,
        /// Whether it has no bytes at all.
        empty: bool,
    },
}

impl<'a> ClipState<'a> {
    /// The facts of a video.
    #[must_use]
    pub fn facts(&self) -> Option<&'a ClipFacts> {
        match self {
            Self::Video { facts, .. } => Some(facts),
            Self::Unreadable { .. } => None,
        }
    }

    /// Frames as the container announces them, which is what validators count until 2026-08-18; those
    /// that are there where it announces none.
    #[must_use]
    pub fn announced_frames(&self) -> Option<u64> {
        match self {
            Self::Video { facts, frames } => Some(facts.announced_frames.unwrap_or(*frames)),
            Self::Unreadable { .. } => None,
        }
    }

    /// Frames that are shown.
    #[must_use]
    pub fn shown_frames(&self) -> Option<u64> {
        match self {
            Self::Video { frames, .. } => Some(*frames),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Why metrics are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmeasured<'a> {
    pub why: &'a str,
    pub fault: Fault,
}

/// Which file keeps metrics from being measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The two files do not fit together, or cannot be read at all.
    Pair,
    /// The output's stream is damaged or was cut off.
    DamagedOutput,
    /// That of a file which the validator has.
    DamagedSource,
}

/// Everything that is known of an output.
#[derive(Debug, Clone)]
pub struct GateInput<'a> {
    pub task: Task,
    pub origin: Origin,
    pub request: &'a TaskRequest,
    /// What the output is compared with.
    pub reference: ClipState<'a>,
    pub output: ClipState<'a>,
    /// The clip that the miner received, where it is not the reference and is known.
    pub payload: Option<ClipState<'a>>,
    /// VMAF that is scored, as the revision pools it.
    pub vmaf: Option<f64>,
    /// The base model, pooled alike, against what the model difference is measured on.
    pub base: Option<f64>,
    /// The NEG model, likewise.
    pub neg: Option<f64>,
    /// Why metrics are missing, where they are.
    pub unmeasured: Option<Unmeasured<'a>>,
    /// PIE-APP, where it was measured.
    pub pieapp: Option<f64>,
    /// Compression rate as the revision takes it.
    pub rate: Option<f64>,
    /// Score by the metrics alone.
    pub score: Option<f64>,
    /// Tone and colour of frames.
    pub frames: &'a [FrameEvidence],
    /// Frames that the scored VMAF saw.
    pub vmaf_frames: &'a [u64],
    /// Luma and chroma on a fixed grid of fixed frames.
    pub sampled: Option<&'a Sampled>,
    /// Audio streams of reference and output.
    pub audio: Option<&'a [Vec<AudioStream>; 2]>,
    /// Nearness to a sealed original.
    pub original: Option<&'a OriginalEvidence>,
    /// How both clips run side by side.
    pub alignment: Option<&'a Alignment>,
    /// Other outputs of the same batch: name and bytes.
    pub bundle: &'a [(String, u64)],
    /// Other miners' outputs for the same task.
    pub against: &'a [Claim],
    /// Seed of everything drawn.
    pub seed: u64,
}

impl<'a> GateInput<'a> {
    /// The clip that the miner received, if it is known: a customer's is reference and input in one.
    #[must_use]
    pub fn handed_out(&self) -> Option<&ClipState<'a>> {
        match self.origin {
            Origin::Organic => Some(&self.reference),
            _ => self.payload.as_ref(),
        }
    }

    /// Reference and output, if both are videos.
    #[must_use]
    pub fn both(&self) -> Option<(&'a ClipFacts, &'a ClipFacts)> {
        Some((self.reference.facts()?, self.output.facts()?))
    }
}
