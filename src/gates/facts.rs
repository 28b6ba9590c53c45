//! What gates judge by.

use crate::domain::{Origin, RateMode, Task};

use crate::measure::{FrameEvidence, OriginalEvidence};
use crate::media::{ClipFacts, SoundStream};
use crate::metrics::alignment::Alignment;
use crate::metrics::sampled::Sampled;

use super::duplicates::Claim;

/// What a validator asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// VMAF threshold of a compression.
    pub threshold: Option<f64>,
    /// Codec family of a compression.
    pub codec: Option<String>,
    /// Steering of the bitrate.
    pub mode: Option<RateMode>,
    /// Bitrate in megabits a second.
    pub bitrate: Option<f64>,
    /// Factor of an upscaling.
    pub scale: Option<u32>,
}

/// One file.
#[derive(Debug, Clone, Copy)]
pub enum Side<'a> {
    /// A video.
    Video {
        /// Its facts.
        facts: &'a ClipFacts,
        /// Its frames, counted from packets.
        frames: u64,
    },
    /// Not a video that can be read.
    Unreadable {
        /// Why not.
        why: &'a str,
        /// Whether it has no bytes at all.
        empty: bool,
    },
}

impl<'a> Side<'a> {
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
    /// In words.
    pub why: &'a str,
    /// Where the fault lies.
    pub fault: Fault,
}

/// Where the fault lies that keeps metrics from being measured.
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

/// Everything that is known of an answer.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The task.
    pub task: Task,
    /// Where it comes from.
    pub origin: Origin,
    /// What was asked for.
    pub request: &'a Request,
    /// What the output is compared with.
    pub reference: Side<'a>,
    /// The output.
    pub output: Side<'a>,
    /// The clip that the miner received, where it is not the reference and is known.
    pub payload: Option<Side<'a>>,
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
    /// What frames show.
    pub frames: &'a [FrameEvidence],
    /// Frames that the scored VMAF saw.
    pub vmaf_frames: &'a [u64],
    /// The fixed grid of `next`.
    pub sampled: Option<&'a Sampled>,
    /// Sound streams of reference and output.
    pub sound: Option<&'a [Vec<SoundStream>; 2]>,
    /// Nearness to a sealed original.
    pub original: Option<&'a OriginalEvidence>,
    /// How both clips run side by side.
    pub alignment: Option<&'a Alignment>,
    /// Other answers of the same batch: name and bytes.
    pub bundle: &'a [(String, u64)],
    /// Other miners' answers to the same task.
    pub against: &'a [Claim],
    /// Seed of everything drawn.
    pub seed: u64,
}

impl<'a> Facts<'a> {
    /// The clip that the miner received, if it is known: a customer's is reference and input in one.
    #[must_use]
    pub fn handed_out(&self) -> Option<&Side<'a>> {
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
