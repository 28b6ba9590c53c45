//! What is requested of an upscaling.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::frames::FramePipeline;
use crate::domain::Codec;
use crate::domain::Origin;
use crate::encode::SelectedEncoder;
use crate::media::ClipFacts;
use crate::rules::Revision;

/// Everything that is requested of an upscaling.
pub struct UpscaleRequest<'a> {
    /// Path of the input.
    pub input: PathBuf,
    /// Path of the result.
    pub output: PathBuf,
    /// Factor of both sides.
    pub scale: u32,
    /// Width and height of the result, if they are not the input's times the factor: an original whose size
    /// the factor does not divide was rounded when it was downscaled.
    pub size: Option<(u32, u32)>,
    /// The rules whose gates apply.
    pub revision: &'a Revision,
    /// Where the task comes from.
    pub origin: Origin,
    /// Codec of the result.
    pub codec: Codec,
    /// The encoder of the result.
    pub selected: SelectedEncoder,
    /// Preset of the encoder by name; without one, its default.
    pub preset: Option<String>,
    /// How frames pass through a network.
    pub pipeline: FramePipeline,
    /// Threads for decoding and encoding.
    pub threads: u32,
    /// Time after `start` by which the result must be in place.
    pub deadline: Option<Duration>,
    /// When the deadline began to run.
    pub start: Instant,
}

impl UpscaleRequest<'_> {
    /// Width and height of the result.
    #[must_use]
    pub fn size_of(&self, input: &ClipFacts) -> (u32, u32) {
        self.size
            .unwrap_or((input.width * self.scale, input.height * self.scale))
    }
}

/// Most bytes that a revision allows for an upscaling of an input of `input` bytes, if it has such a limit.
#[must_use]
pub fn most_bytes(revision: &Revision, scale: u32, input: u64) -> Option<u64> {
    let factor = match scale {
        2 => revision.gates.size_cap_x2,
        4 => revision.gates.size_cap_x4,
        _ => None,
    }?;
    Some((factor * input as f64) as u64)
}
