//! Which gates a revision has, in which order, and their limits. [`crate::gates`] defines what each one
//! checks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::switches::{
    BelowThreshold, CodecFrom, ComparedWith, FrameCountBy, GateCodes, ValidatorFault, VmafFailure,
};
use crate::domain::{Origin, Task};

/// Name of a gate; [`crate::gates`] defines what it checks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GateName(pub String);

impl PartialEq<str> for GateName {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

/// How frame rates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FrameRateRule {
    /// `r_frame_rate` of both, as text.
    SameText,
    /// `avg_frame_rate` of both, as numbers.
    Average {
        /// Largest difference in frames a second.
        within: f64,
    },
}

/// What colour is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ColorSource {
    /// Red, green and blue of the frames that VMAF saw.
    Channels,
    /// FFmpeg's `signalstats` over one random second.
    Saturation,
}

/// When an output counts as gray.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum GrayscaleRule {
    /// One frame of the output whose three channels all differ by less than this.
    AnyFrame {
        /// Mean absolute difference of channels, in codes.
        difference: f64,
    },
    /// More than a share of the frames whose reference is bright and colourful.
    MostFrames {
        /// What colour is measured by.
        source: ColorSource,
        /// Frames of the reference darker than this are left out.
        dark: f64,
        /// Frames of the reference with less colour than this are left out.
        reference: f64,
        /// Frames of the output with less colour than this are gray.
        output: f64,
        /// Share of gray frames that still passes.
        share: f64,
    },
    /// Colour energy of the output against the input's.
    EnergyRatio {
        /// Inputs with less energy are left out.
        reference: f64,
        /// Least ratio of the output's energy to the input's.
        least: f64,
    },
}

/// When the colour planes count as reduced.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ChromaRule {
    /// Mean over frames of the output's energy by the reference's.
    Energy {
        /// What energy is measured by.
        source: ColorSource,
        /// Frames of the reference below this are left out; at 0 only those without any colour.
        reference: f64,
        /// Least mean ratio.
        least: f64,
        /// Whether a clip without a usable frame fails.
        nothing_fails: bool,
    },
    /// Mean difference of colour, and the ratio of energies.
    DifferenceAndEnergy {
        /// Largest mean difference, 0 to 1.
        difference: f64,
        /// Inputs with less energy have no ratio.
        reference: f64,
        /// Least ratio of the output's energy to the input's.
        least: f64,
        /// Largest ratio.
        most: f64,
    },
}

/// Limits of one degree of tone alert.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ToneLimits {
    /// Deviation of the slope from 1.
    pub slope: f64,
    /// Offset in codes.
    pub offset: f64,
    /// Largest median residual of a luma bin, in codes.
    pub residual: f64,
    /// Largest median difference of a luma bin, in codes.
    pub curve: f64,
    /// Number of tiles out of place.
    pub tiles: u32,
    /// Deviation of the saturation from 1.
    pub saturation: f64,
    /// Rotation of the colours in degrees.
    pub hue: f64,
    /// Mean shift of the colours in codes.
    pub shift: f64,
}

/// When lines through the luma of frames show a manipulation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ToneFitRule {
    /// Frames, one from each equal part of the clip.
    pub frames: u32,
    /// Limits of an alert.
    pub alert: ToneLimits,
    /// Limits of a strong alert.
    pub strong: ToneLimits,
    /// Frames with an alert that reject.
    pub alerts: u32,
    /// Frames with a strong alert that reject.
    pub strong_alerts: u32,
    /// Frames without a usable line that reject.
    pub unreliable: u32,
}

/// When brightness and contrast count as manipulated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ToneRule {
    /// A line through the luma of a few random frames.
    Fit(ToneFitRule),
    /// Mean and deviation of the luma of fixed frames, 0 to 1.
    Moments {
        /// Largest difference of the means.
        mean: f64,
        /// Largest difference of the deviations.
        deviation: f64,
    },
}

/// When two outputs count as one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MetricDuplicates {
    /// Largest difference of the scored VMAF.
    pub vmaf: f64,
    /// Largest difference of the base model.
    pub base: f64,
    /// Largest difference of the compression rates.
    pub rate: f64,
}

/// When an output counts as made from the sealed original.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProximityRule {
    /// VMAF points above the round's median.
    pub vmaf: f64,
    /// Decibels of chroma PSNR above the round's median.
    pub chroma: f64,
    /// The VMAF residual itself exceeds this.
    pub above: f64,
    /// Fewest outputs of a round.
    pub roster: u32,
}

/// Gates of a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GateRules {
    /// Largest difference of frame counts.
    pub frame_tolerance: u64,
    /// How failures are named.
    pub codes: GateCodes,
    /// Source of the codecs that a compression may use.
    pub codec_from: CodecFrom,
    /// How frames are counted.
    pub frame_count_by: FrameCountBy,
    /// What a VMAF between floor and threshold scores.
    pub below_threshold: BelowThreshold,
    /// What the VMAF models of an upscaling are compared on.
    pub delta_against: ComparedWith,
    /// What tone and colour of an upscaling are compared with.
    pub perceptual_against: ComparedWith,
    /// How a pair that VMAF refuses is recorded.
    pub vmaf_failure: VmafFailure,
    /// What happens when a file of the validator cannot be used.
    pub validator_fault: ValidatorFault,
    /// Largest difference of the two VMAF models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vmaf_model_delta: Option<f64>,
    /// Largest upscaled file against the input clip, for twofold scaling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_cap_x2: Option<f64>,
    /// The same for fourfold scaling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_cap_x4: Option<f64>,
    /// Compression rate from which on nothing counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<f64>,
    /// Largest bitrate against the one asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bitrate_factor: Option<f64>,
    /// How frame rates are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<FrameRateRule>,
    /// Codec families a compression may have; empty where none is checked.
    #[serde(default)]
    pub compression_codecs: Vec<String>,
    /// Codec families an upscaling may have.
    #[serde(default)]
    pub upscaling_codecs: Vec<String>,
    /// Profiles by codec family; a family that is missing here is not checked, `any` stands for all.
    #[serde(default)]
    pub profiles: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<ToneRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grayscale: Option<GrayscaleRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chroma: Option<ChromaRule>,
    /// Near-equal outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_duplicates: Option<MetricDuplicates>,
    /// Nearness to the sealed original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proximity: Option<ProximityRule>,
    /// Gates of a synthetic upscaling, in the order in which they are applied.
    pub upscaling: Vec<GateName>,
    /// Gates of a synthetic compression.
    #[serde(default)]
    pub compression: Vec<GateName>,
    /// Gates of an organic upscaling.
    #[serde(default)]
    pub organic_upscaling: Vec<GateName>,
    /// Gates of an organic compression.
    #[serde(default)]
    pub organic_compression: Vec<GateName>,
    /// Gates of a competition.
    #[serde(default)]
    pub competition: Vec<GateName>,
}

impl GateRules {
    /// Names of the gates for one task, in the order in which they are applied.
    #[must_use]
    pub fn of(&self, task: Task, origin: Origin) -> &[GateName] {
        match (origin, task) {
            (Origin::Synthetic, Task::Upscale) => &self.upscaling,
            (Origin::Synthetic, Task::Compress) => &self.compression,
            (Origin::Organic, Task::Upscale) => &self.organic_upscaling,
            (Origin::Organic, Task::Compress) => &self.organic_compression,
            (Origin::Competition, _) => &self.competition,
        }
    }
}
