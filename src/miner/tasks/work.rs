//! A task in our own terms, whichever protocol it came by.

use serde::{Deserialize, Serialize};

use crate::scoring::TaskType;

/// Bits a second beyond which no bitrate makes sense.
const MOST_MEGABITS: f64 = 500.0;

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
        mode: Mode,
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

/// A codec, as validators name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Codec {
    /// AV1: the smallest files, and what is made where nothing is asked for.
    Av1,
    /// HEVC.
    Hevc,
    /// H.264.
    H264,
    /// VP9.
    Vp9,
}

/// How the bitrate is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", content = "megabits", rename_all = "kebab-case")]
pub enum Mode {
    /// It is not.
    Crf,
    /// A ceiling, in megabits a second.
    Vbr(f64),
    /// A constant, in megabits a second.
    Cbr(f64),
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

impl Codec {
    /// By one of its names, in any case. Source: `vidaio/miner/encoding.py` of the reference miner.
    ///
    /// # Errors
    /// A name that is none.
    pub fn by_name(name: &str) -> Result<Self, WorkError> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "av1" => Self::Av1,
            "hevc" | "h265" | "h.265" | "x265" => Self::Hevc,
            "h264" | "h.264" | "avc" | "x264" => Self::H264,
            "vp9" => Self::Vp9,
            _ => return Err(WorkError::Codec(printable(name))),
        })
    }

    /// As `vidaio compress` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Av1 => "av1",
            Self::Hevc => "hevc",
            Self::H264 => "h264",
            Self::Vp9 => "vp9",
        }
    }
}

impl Mode {
    /// By its name and the bitrate beside it, in megabits a second. Without a bitrate there is none to keep.
    ///
    /// # Errors
    /// A name that is none, or a bitrate out of bounds.
    pub fn by_name(name: &str, megabits: Option<f64>) -> Result<Self, WorkError> {
        let rate = megabits.filter(|rate| *rate > 0.0);
        if let Some(rate) = rate.filter(|rate| !rate.is_finite() || *rate > MOST_MEGABITS) {
            return Err(WorkError::Bitrate(rate.to_string()));
        }
        Ok(match (name.trim().to_ascii_uppercase().as_str(), rate) {
            ("CRF" | "", _) | ("VBR" | "CBR", None) => Self::Crf,
            ("VBR", Some(rate)) => Self::Vbr(rate),
            ("CBR", Some(rate)) => Self::Cbr(rate),
            _ => return Err(WorkError::Mode(printable(name))),
        })
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
    pub const fn task(&self) -> TaskType {
        match self {
            Self::Compress { .. } => TaskType::Compression,
            Self::Upscale { .. } => TaskType::Upscaling,
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
