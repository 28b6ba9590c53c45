//! How the bitrate of a compression is controlled.

use serde::{Deserialize, Serialize};

/// Largest bitrate that makes sense, in megabits a second; ours, ten times what validators ask for.
const LARGEST_MEGABITS: f64 = 500.0;

/// The rate control that was asked for, without its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RateMode {
    /// Constant quality: no target bitrate.
    Crf,
    /// Variable bitrate around a target.
    Vbr,
    /// Constant bitrate.
    Cbr,
}

impl RateMode {
    /// All of them, in the order in which help shows them.
    pub const ALL: [Self; 3] = [Self::Crf, Self::Vbr, Self::Cbr];

    /// Name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crf => "crf",
            Self::Vbr => "vbr",
            Self::Cbr => "cbr",
        }
    }

    /// By its name, in any case.
    ///
    /// # Errors
    /// Any other name.
    pub fn by_name(name: &str) -> Result<Self, RateModeError> {
        Self::ALL
            .into_iter()
            .find(|mode| name.eq_ignore_ascii_case(mode.name()))
            .ok_or_else(|| RateModeError::Mode(name.to_owned()))
    }
}

/// Rate control with its target in megabits a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", content = "megabits", rename_all = "kebab-case")]
pub enum RateControl {
    /// Constant quality: no target bitrate.
    Crf,
    /// Variable bitrate, at most this.
    Vbr(f64),
    /// Constant bitrate.
    Cbr(f64),
}

/// Why a rate control cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateModeError {
    /// No such mode.
    #[error("there is no mode `{0}`; known are CRF, VBR and CBR")]
    Mode(String),
    /// A target out of bounds.
    #[error("a bitrate of {0} means nothing here")]
    Bitrate(String),
}

impl RateControl {
    /// By the mode's name, in any case, and the target beside it in megabits a second. Without a target
    /// every mode is constant quality.
    ///
    /// # Errors
    /// An unknown mode, or a target out of bounds.
    pub fn by_name(name: &str, megabits: Option<f64>) -> Result<Self, RateModeError> {
        let rate = megabits.filter(|rate| *rate > 0.0);
        if let Some(rate) = rate.filter(|rate| !rate.is_finite() || *rate > LARGEST_MEGABITS) {
            return Err(RateModeError::Bitrate(rate.to_string()));
        }
        let mode = match name.trim() {
            "" => RateMode::Crf,
            name => RateMode::by_name(name)?,
        };
        Ok(match (mode, rate) {
            (RateMode::Crf, _) | (RateMode::Vbr | RateMode::Cbr, None) => Self::Crf,
            (RateMode::Vbr, Some(rate)) => Self::Vbr(rate),
            (RateMode::Cbr, Some(rate)) => Self::Cbr(rate),
        })
    }
}
