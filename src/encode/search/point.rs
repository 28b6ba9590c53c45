//! Settings, what was measured of them, and what is expected before anything is measured.

use serde::{Deserialize, Serialize};

/// A position on the quality axis: 0 is the finest, every step is coarser.
pub type Level = u32;

/// Which parameter set: 0 is the default one, whose curve the search follows.
pub type Variant = usize;

/// The gates of a revision on an encoded file, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Standing")]
pub enum Feasibility {
    /// Every gate passes.
    Passes,
    /// A gate fails that a finer quality passes: VMAF, the difference of its models, tone, color.
    TooCoarse,
    /// A gate fails that a smaller file passes: the rate, the requested bitrate.
    TooBig,
    /// A gate fails that no quality fixes.
    Hopeless,
}

/// One measured setting. Nothing in it is predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Parameter set.
    pub variant: Variant,
    /// Level on the quality axis.
    pub level: Level,
    /// VMAF as the revision scores it.
    pub vmaf: f64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Value of the objective: 0 if a gate fails.
    pub objective: f64,
    /// The gates, in one word.
    pub feasibility: Feasibility,
    /// Whether it belongs to the curve of its variant; a safe file, encoded with a faster preset, does not.
    pub on_curve: bool,
}

/// What is expected of a clip before anything is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seed {
    /// Level at which VMAF is expected to equal the target.
    pub level: f64,
    /// Standard error of that, in levels.
    pub spread: f64,
    /// VMAF points per level; below 0.
    pub vmaf_slope: f64,
    /// Change of the natural logarithm of the bytes per level; below 0.
    pub size_slope: f64,
}

impl Seed {
    /// The level that is `caution` standard errors finer than expected.
    #[must_use]
    pub fn cautious(&self, caution: f64) -> Level {
        (self.level - caution * self.spread).floor().max(0.0) as Level
    }
}
