//! A task in our own terms, whichever protocol it came by.

use crate::domain::{Codec, RateControl, RateModeError, Task, UnknownCodec};
use serde::{Deserialize, Serialize};

/// What is to be made of a video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Work {
    /// The same, smaller.
    Compress {
        /// VMAF asked for; the rules' own where none is.
        threshold: Option<f64>,
        /// Codec asked for.
        codec: Codec,
        /// How the bitrate is asked for.
        mode: RateControl,
    },
    /// The same, larger.
    Upscale {
        /// Factor of both sides.
        scale: Scale,
        /// Columns and rows of the original, where they are told.
        #[serde(default)]
        size: Option<(u32, u32)>,
    },
}

/// Factor of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Twice.
    Two,
    /// Four times.
    Four,
}

/// Why a task is not one that is done here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// A codec that nobody encodes.
    #[error("there is no codec `{0}`; known are av1, hevc, h264 and vp9")]
    Codec(String),
    /// No way to ask for a bitrate.
    #[error("there is no mode `{0}`; known are CRF, VBR and CBR")]
    Mode(String),
    /// A bitrate that means nothing.
    #[error("a bitrate of {0} means nothing here")]
    Bitrate(String),
    /// A factor that nobody asks for.
    #[error("upscale_factor is `{0}`, but must be 2 or 4")]
    Scale(String),
    /// A quality without a name.
    #[error("there is no compression_type `{0}`; known are High, Medium and Low")]
    Tier(String),
    /// A size that is none.
    #[error("target_width and target_height are {0}, which is no size")]
    Size(String),
    /// A threshold that is none.
    #[error("a VMAF threshold of {0} is not above 0 and below 100")]
    Threshold(String),
}

impl From<UnknownCodec> for WorkError {
    fn from(UnknownCodec(name): UnknownCodec) -> Self {
        Self::Codec(printable(&name))
    }
}

impl From<RateModeError> for WorkError {
    fn from(error: RateModeError) -> Self {
        match error {
            RateModeError::Mode(name) => Self::Mode(printable(&name)),
            RateModeError::Bitrate(rate) => Self::Bitrate(rate),
        }
    }
}

impl Scale {
    /// As a number.
    #[must_use]
    pub const fn factor(self) -> u8 {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Of a number.
    ///
    /// # Errors
    /// A factor other than 2 and 4.
    pub fn of(factor: f64) -> Result<Self, WorkError> {
        if factor == 2.0 {
            Ok(Self::Two)
        } else if factor == 4.0 {
            Ok(Self::Four)
        } else {
            Err(WorkError::Scale(factor.to_string()))
        }
    }
}

impl Work {
    /// The task's type.
    #[must_use]
    pub const fn task(&self) -> Task {
        match self {
            Self::Compress { .. } => Task::Compress,
            Self::Upscale { .. } => Task::Upscale,
        }
    }
}

/// A threshold that can be aimed at.
///
/// # Errors
/// Not above 0 and below 100.
pub(in crate::miner) fn threshold(value: f64) -> Result<f64, WorkError> {
    if value > 0.0 && value < 100.0 {
        Ok(value)
    } else {
        Err(WorkError::Threshold(value.to_string()))
    }
}

/// What a stranger sent, fit for a log and a header.
pub(in crate::miner) fn printable(text: &str) -> String {
    let kept = text.chars().take(64);
    kept.map(|c| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    })
    .collect()
}
