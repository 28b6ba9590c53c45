//! Why a video could not be encoded.

use std::path::PathBuf;

use crate::measure::MeasureError;
use crate::media::MediaError;
use crate::scoring::ScoringError;

/// Everything that can prevent a video from being encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The input, or a file that was encoded, cannot be read.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// An encoded file could not be measured.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// A measurement could not be scored.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// The FFmpeg program does not exist.
    #[error("the program {program} is not there", program = program.display())]
    NoFfmpeg { program: PathBuf },
    /// The program does not behave like FFmpeg.
    #[error("{program}: does not run as FFmpeg ({reason})", program = program.display())]
    NotFfmpeg { program: PathBuf, reason: String },
    /// No encoder of the codec works here.
    #[error("no encoder for {codec} works here: {tried}")]
    NoEncoder {
        codec: String,
        /// Every candidate with its reason.
        tried: String,
    },
    /// The requested encoder does not work here, and no other may replace it.
    #[error("{encoder} does not work here: {reason}")]
    EncoderRefused { encoder: String, reason: String },
    /// The encoder has no such preset.
    #[error("{encoder} has no preset `{preset}` here; it has {known}")]
    NoPreset {
        encoder: String,
        preset: String,
        /// The presets that it has.
        known: String,
    },
    /// The encoder failed on the clip.
    #[error("{input}: {encoder} failed: {reason}", input = input.display())]
    Encoder {
        input: PathBuf,
        encoder: String,
        /// The last lines of its standard error.
        reason: String,
    },
    /// The encoder stopped making progress.
    #[error("{input}: {encoder} hangs: {reason}", input = input.display())]
    Stalled {
        input: PathBuf,
        encoder: String,
        /// For how long, and the last lines of its standard error.
        reason: String,
    },
    /// Memory ran out.
    #[error("memory ran out while {encoder} encoded ({reason})")]
    OutOfMemory {
        encoder: String,
        /// The last lines of its standard error.
        reason: String,
    },
    /// The audio cannot be copied into MP4, which is all that validators accept.
    #[error("{input}: its audio cannot be kept: MP4 does not support it ({reason})", input = input.display())]
    Audio { input: PathBuf, reason: String },
    /// The deadline passed before a result was ready.
    #[error("{input}: the deadline of {seconds} s passed before a first file that passes every gate was ready", input = input.display())]
    TooLate {
        input: PathBuf,
        /// The deadline in seconds after the start.
        seconds: f64,
    },
    /// No measured file passes every gate.
    #[error("{input}: no setting was found that passes every gate; the nearest was {nearest}", input = input.display())]
    NothingPasses {
        input: PathBuf,
        /// The measured file with the highest VMAF, and the gates that it fails.
        nearest: String,
    },
    /// Another run is writing the same output.
    #[error("{folder}: another vidaio is making this file", folder = folder.display())]
    Busy { folder: PathBuf },
    /// A file could not be written.
    #[error("{path}: cannot be written ({reason})", path = path.display())]
    Unwritable { path: PathBuf, reason: String },
    /// The input is of a kind that cannot be processed.
    #[error("{input}: {reason}", input = input.display())]
    Unfit { input: PathBuf, reason: String },
    /// What a run depends on cannot be written down: a defect of this program.
    #[error("the key of this run cannot be made: {0}")]
    Key(String),
}

impl EncodeError {
    /// For a path that could not be written, with the state of its disk.
    pub(crate) fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Unwritable {
            path: path.to_path_buf(),
            reason: crate::disk::why_unwritable(path, error),
        }
    }
}
