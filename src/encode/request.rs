//! What is requested of a compression.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::encoders::audio::AudioPolicy;
use super::encoders::select::{EncoderChoice, Gpu};
use super::lessons::Lesson;
use super::search::Objective;
use super::workspace::ResumePolicy;
use crate::assess::ScoreRequest;
use crate::domain::Codec;
use crate::rules::Revision;

/// How the quality is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// By measuring.
    Search,
    /// By the published table: one encode, which is still measured and judged.
    Table,
    /// Every step of an interval of the quality axis: to compare searches with, and to fit the prior on.
    Grid(Grid),
}

/// An interval of the quality axis, in the encoder's own quality values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Finest quality.
    pub from: f64,
    /// Coarsest quality.
    pub to: f64,
    /// Distance between two probes.
    pub step: f64,
}

/// Everything that is requested of a compression.
#[derive(Debug, Clone)]
pub struct CompressRequest<'a> {
    /// How files are measured and scored. Its reference is the input; its output is replaced by each file.
    pub scoring: ScoreRequest,
    /// Path of the result.
    pub output: PathBuf,
    /// The rules to score by.
    pub revision: &'a Revision,
    /// Further revisions whose scores are reported.
    pub others: Vec<&'a Revision>,
    /// VMAF threshold of the task.
    pub threshold: f64,
    /// VMAF points above the threshold that a file must have.
    pub margin: f64,
    /// Codec of the result.
    pub codec: Codec,
    /// The encoder to use.
    pub encoder: EncoderChoice,
    /// Whether hardware has to encode.
    pub gpu: Gpu,
    /// Preset by name; without one, the default, or what the deadline allows.
    pub preset: Option<String>,
    /// What the search maximizes.
    pub objective: Objective,
    /// How the quality is chosen.
    pub strategy: Strategy,
    /// Time after `start` by which the result must be in place.
    pub deadline: Option<Duration>,
    /// When the deadline began to run.
    pub start: Instant,
    /// Most probes.
    pub probes: usize,
    /// Whether quality may be allocated per shot.
    pub per_shot: bool,
    /// What happens to the input's audio.
    pub audio: AudioPolicy,
    /// What happens to the work of an interrupted run.
    pub resume: ResumePolicy,
    /// Bytes of memory that the decoded input may occupy.
    pub hold: u64,
    /// Earlier searches on this machine that may be learned from.
    pub lessons: Vec<Lesson>,
}
