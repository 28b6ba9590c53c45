//! The records that `vidaio compress` and `vidaio upscale` print of what they made.

use serde_json::Value;

use super::work::Work;
use crate::assess::PairScore;
use crate::encode::MadeRecord;
use crate::upscale::UpscaledRecord;

/// The record of a video, by its task.
#[derive(Debug, Clone)]
pub enum VideoRecord {
    /// Printed by `vidaio compress`.
    Compressed(Box<MadeRecord>),
    /// Printed by `vidaio upscale`.
    Upscaled(Box<UpscaledRecord>),
}

impl VideoRecord {
    /// Reads the record of the command that did some work.
    ///
    /// # Errors
    /// A record that lacks a field or holds one of another type: of a program of another version.
    pub fn read(work: &Work, record: Value) -> Result<Self, serde_json::Error> {
        Ok(match work {
            Work::Compress { .. } => Self::Compressed(serde_json::from_value(record)?),
            Work::Upscale { .. } => Self::Upscaled(serde_json::from_value(record)?),
        })
    }

    /// The score that the video would be given, 0 to 1. An upscaling is scored against an original that the
    /// miner does not have.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        match self {
            Self::Compressed(made) => made.verdict.s_f(),
            Self::Upscaled(_) => None,
        }
    }

    /// VMAF in points, where it was measured.
    #[must_use]
    pub fn vmaf(&self) -> Option<f64> {
        match self {
            Self::Compressed(made) => Some(made.verdict.vmaf()),
            Self::Upscaled(_) => None,
        }
    }

    /// The threshold in VMAF points that a compression was scored by.
    #[must_use]
    pub fn threshold(&self) -> Option<f64> {
        match self {
            Self::Compressed(made) => match &made.verdict {
                PairScore::Compress(verdict) => Some(verdict.threshold),
                PairScore::Upscale(_) => None,
            },
            Self::Upscaled(_) => None,
        }
    }

    /// Name of the encoder, behind that of the upscaling engine if there was one.
    #[must_use]
    pub fn tools(&self) -> String {
        match self {
            Self::Compressed(made) => made.encoder.clone(),
            Self::Upscaled(made) => format!("{}, {}", made.engine, made.encoder),
        }
    }

    /// The device: `cpu`, `gpu` or `cuda`.
    #[must_use]
    pub fn device(&self) -> &str {
        match self {
            Self::Compressed(made) => &made.device,
            Self::Upscaled(made) => &made.device,
        }
    }

    /// The revision of the rules that the record's numbers are of.
    #[must_use]
    pub fn rules(&self) -> &str {
        match self {
            Self::Compressed(made) => match &made.verdict {
                PairScore::Compress(verdict) => &verdict.rules,
                PairScore::Upscale(verdict) => &verdict.rules,
            },
            Self::Upscaled(made) => &made.rules,
        }
    }
}
