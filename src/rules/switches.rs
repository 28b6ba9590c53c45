//! Named switches of a revision: each stands for one difference between validators.

use serde::{Deserialize, Serialize};

use crate::domain::Origin;

/// Which program scores an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scorer {
    /// The scoring server that each validator runs beside its neuron (`vidaio-subnet`).
    Server,
    /// The one scorer of all validators (`validator-vidaio`).
    Central,
    /// The evaluator of competitions.
    Competition,
}

impl Scorer {
    /// Who scores a task of this origin, where `self` scores the validators' own.
    #[must_use]
    pub fn of(self, origin: Origin) -> Self {
        match origin {
            Origin::Competition => Self::Competition,
            Origin::Synthetic | Origin::Organic => self,
        }
    }
}

/// How results name what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GateCodes {
    Sentences,
    /// Fixed codes.
    Codes,
}

/// Source of the codecs that a compression may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CodecFrom {
    /// The revision's list, whatever was asked for.
    List,
    /// The request; the list where a validator's own request names none.
    Request,
}

/// How frames are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FrameCountBy {
    /// The container's own number, and the frames that are there where it has none.
    Container,
    /// The frames that are shown.
    Frames,
}

/// What a VMAF between floor and threshold scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BelowThreshold {
    /// A little: the formula has a soft zone.
    SoftZone,
    Zero,
}

/// What an upscaled output is compared with where a gate looks for manipulations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ComparedWith {
    /// The reference that VMAF is scored on.
    Reference,
    /// The clip that the miner received, upscaled.
    Payload,
}

/// How a pair that VMAF refuses is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VmafFailure {
    /// An upscaling as a VMAF of 0, a compression as sizes that differ.
    ZeroForUpscaling,
    /// Sizes that differ.
    SizesDiffer,
    /// A metric that is missing.
    MetricMissing,
}

/// What happens when a file of the validator cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ValidatorFault {
    /// A score is recorded that leaves the standing alone, or 0 before there was one.
    Recorded,
    /// The output is not scored and nothing is recorded.
    Refused,
}
