//! Why a video could not be made.

use std::path::PathBuf;

use crate::measure::MeasureError;
use crate::media::MediaError;
use crate::scoring::ScoringError;

/// Everything that can stop the making of a video.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The input, or a file that was written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The measuring of a file that was written.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// The score of what was measured.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// There is no FFmpeg program.
    #[error("the program {program} is not there", program = program.display())]
    NoFfmpeg {
        /// What was looked for.
        program: PathBuf,
    },
    /// The FFmpeg program does not answer as one.
    #[error("{program}: does not run as FFmpeg ({reason})", program = program.display())]
    NotFfmpeg {
        /// The program.
        program: PathBuf,
        /// What happened.
        reason: String,
    },
    /// No encoder of the codec works here.
    #[error("no encoder for {codec} works here: {tried}")]
    NoEncoder {
        /// The codec.
        codec: String,
        /// What was tried, each with what it said.
        tried: String,
    },
    /// The encoder that was asked for works not, and no other may take its place.
    #[error("{encoder} does not work here: {reason}")]
    EncoderRefused {
        /// The encoder.
        encoder: String,
        /// What it said.
        reason: String,
    },
    /// The encoder has no such preset.
    #[error("{encoder} has no preset `{preset}` here; it has {known}")]
    NoPreset {
        /// The encoder.
        encoder: String,
        /// What was asked for.
        preset: String,
        /// Those there are.
        known: String,
    },
    /// An encoder failed on the clip.
    #[error("{input}: {encoder} failed: {reason}", input = input.display())]
    Encoder {
        /// The input.
        input: PathBuf,
        /// The encoder.
        encoder: String,
        /// What it said last.
        reason: String,
    },
    /// Nothing came of an encoder any more.
    #[error("{input}: {encoder} hangs: {reason}", input = input.display())]
    Stuck {
        /// The input.
        input: PathBuf,
        /// The encoder.
        encoder: String,
        /// For how long, and what it said last.
        reason: String,
    },
    /// Memory ran out.
    #[error("memory ran out while {encoder} encoded ({reason})")]
    OutOfMemory {
        /// The encoder.
        encoder: String,
        /// What it said last.
        reason: String,
    },
    /// The sound cannot be copied into the container that validators take.
    #[error("{input}: its audio cannot be kept: MP4 does not support it ({reason})", input = input.display())]
    Sound {
        /// The input.
        input: PathBuf,
        /// What FFmpeg said.
        reason: String,
    },
    /// The deadline passed before anything was there.
    #[error("{input}: the deadline of {seconds} s passed before a first file that passes every gate was ready", input = input.display())]
    TooLate {
        /// The input.
        input: PathBuf,
        /// The deadline.
        seconds: f64,
    },
    /// Nothing that was measured passes every gate.
    #[error("{input}: no setting was found that passes every gate; the nearest was {nearest}", input = input.display())]
    NothingPasses {
        /// The input.
        input: PathBuf,
        /// What came nearest and what stands against it.
        nearest: String,
    },
    /// Another run makes the same file.
    #[error("{folder}: another vidaio is making this file", folder = folder.display())]
    Busy {
        /// Its workplace.
        folder: PathBuf,
    },
    /// A file could not be written.
    #[error("{path}: cannot be written ({reason})", path = path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The input is of a kind that is not worked on.
    #[error("{input}: {reason}", input = input.display())]
    Unfit {
        /// The input.
        input: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl EncodeError {
    /// For a preset that an encoder has not.
    pub(crate) fn no_preset(encoder: &super::catalogue::Encoder, preset: &str) -> Self {
        let known: Vec<&str> = encoder.presets.iter().map(|p| p.name).collect();
        Self::NoPreset {
            encoder: encoder.name.into(),
            preset: preset.into(),
            known: known.join(", "),
        }
    }

    /// For a path that could not be written.
    pub(crate) fn unwritable(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Unwritable {
            path: path.to_path_buf(),
            reason: crate::disk::why_unwritable(path, error),
        }
    }
}
