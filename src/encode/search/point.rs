//! What is known of a setting once it was tried.

use serde::{Deserialize, Serialize};

/// A place on the axis of quality: 0 is the best picture, every step is coarser.
pub type Level = u32;

/// Which set of parameters: 0 is the usual one, whose curve the search follows.
pub type Variant = usize;

/// What the gates of a revision say of a file that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Every gate passes.
    Passes,
    /// A gate fails that a better picture passes: VMAF, the difference of its models, tone, colour.
    TooCoarse,
    /// A gate fails that a smaller file passes: the rate, the bitrate asked for.
    TooBig,
    /// A gate fails that no quality mends.
    Hopeless,
}

/// One measured setting. Nothing in it is predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Set of parameters.
    pub variant: Variant,
    /// Where on the axis.
    pub level: Level,
    /// VMAF as the revision scores it.
    pub vmaf: f64,
    /// Bytes of the file.
    pub bytes: u64,
    /// What it is worth: 0 where a gate fails.
    pub worth: f64,
    /// The gates.
    pub standing: Standing,
    /// Whether it lies on the curve of its variant: a safe file of a faster preset does not.
    pub on_curve: bool,
}

/// What is expected of a clip before anything is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seed {
    /// Level at which VMAF is expected to meet the target.
    pub level: f64,
    /// Standard error of that, in levels.
    pub spread: f64,
    /// VMAF points a level; below 0.
    pub vmaf_slope: f64,
    /// Change of the logarithm of the bytes a level; below 0.
    pub size_slope: f64,
}

impl Seed {
    /// The level so many standard errors on the safe side.
    #[must_use]
    pub fn cautious(&self, caution: f64) -> Level {
        (self.level - caution * self.spread).floor().max(0.0) as Level
    }
}
