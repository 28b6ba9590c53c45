//! What is to be done with a video, whichever protocol asks for it.

use crate::domain::{Codec, RateControl, RateModeError, Task, UnknownCodec};
use serde::{Deserialize, Serialize};

/// The work on one video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Work {
    Compress {
        /// VMAF points; without, the threshold of the rules.
        threshold: Option<f64>,
        codec: Codec,
        mode: RateControl,
    },
    Upscale {
        scale: Scale,
        /// Width and height of the original, where they are given.
        #[serde(default)]
        size: Option<(u32, u32)>,
    },
}

/// Factor by which width and height grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    Two,
    Four,
}

/// Why this miner does not do a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    #[error("there is no codec `{0}`; known are av1, hevc, h264 and vp9")]
    Codec(String),
    #[error("there is no mode `{0}`; known are CRF, VBR and CBR")]
    Mode(String),
    #[error("a bitrate of {0} means nothing here")]
    Bitrate(String),
    #[error("upscale_factor is `{0}`, but must be 2 or 4")]
    Scale(String),
    #[error("there is no compression_type `{0}`; known are High, Medium and Low")]
    Tier(String),
    #[error("target_width and target_height are {0}, which is no size")]
    Size(String),
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
    /// The factor as a number.
    #[must_use]
    pub const fn factor(self) -> u8 {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// The scale of a factor.
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
    /// The task that it is.
    #[must_use]
    pub const fn task(&self) -> Task {
        match self {
            Self::Compress { .. } => Task::Compress,
            Self::Upscale { .. } => Task::Upscale,
        }
    }
}

/// Checks a VMAF threshold.
///
/// # Errors
/// It is not above 0 and below 100.
pub(in crate::miner) fn threshold(value: f64) -> Result<f64, WorkError> {
    if value > 0.0 && value < 100.0 {
        Ok(value)
    } else {
        Err(WorkError::Threshold(value.to_string()))
    }
}

/// The start of a text from a stranger, as printable ASCII for logs and headers.
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
