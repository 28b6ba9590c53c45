//! The compression score S_f in all its dated variants.
//!
//! Sources: `services/scoring/server.py` at `46ce539` for the inline form, then
//! `services/scoring/scoring_function.py` at `3bab2bd`, `94a32d8`, `5561a27` and `b9dd577` of
//! `vidAio-subnet/vidaio-subnet`; the linear form from `vidAio-subnet/validator-vidaio` at `688b6716`.

use serde::{Deserialize, Serialize};

use super::error::{ScoringError, finite};
use crate::rules::{CompressionConstants, CompressionFormula, CompressionRules, Revision};

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompressionInput {
    /// VMAF of the clip, as the revision pools it; points, 0 to 100.
    pub vmaf: f64,
    /// Output bytes divided by source bytes.
    pub rate: f64,
    /// VMAF threshold of the task; points.
    pub threshold: f64,
}

/// Which branch of the formula decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CompressionReason {
    /// The threshold is met and the file is usefully smaller.
    Success,
    /// The threshold is met, the rate is from 0.80 to under 0.95.
    PoorCompression,
    /// The threshold is met, the rate is 0.95 or more.
    MinimalCompression,
    /// VMAF is less than five points under the threshold.
    SoftZone,
    /// VMAF is under the threshold, and the formula has no soft zone.
    BelowThreshold,
    /// VMAF is more than five points under the threshold.
    BelowSoftZone,
    /// The rate is 0.80 or more.
    RateTooHigh,
    /// The two VMAF models differ by more than a gate allows.
    VmafModelDelta,
    /// Another gate takes the score away.
    Gate,
}

impl CompressionReason {
    /// A sentence for a person.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::Success => "threshold met",
            Self::PoorCompression => {
                "threshold met, but the file is hardly smaller (rate 0.80 to 0.95)"
            }
            Self::MinimalCompression => {
                "threshold met, but the file is not smaller (rate 0.95 or more)"
            }
            Self::SoftZone => "under the threshold by less than five points: soft zone",
            Self::BelowThreshold => "under the threshold: zero",
            Self::BelowSoftZone => "under the threshold by more than five points: zero",
            Self::RateTooHigh => "compression rate 0.80 or more: zero",
            Self::VmafModelDelta => {
                "the base and the NEG model differ by more than the gate allows: zero"
            }
            Self::Gate => "a gate takes the score away",
        }
    }
}

/// S_f with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompressionScore {
    /// The score, 0 to 1.
    pub s_f: f64,
    /// The compression component, before its weight.
    pub compression_component: f64,
    /// The quality component, before its weight.
    pub quality_component: f64,
    pub reason: CompressionReason,
}

impl CompressionScore {
    fn zero(reason: CompressionReason) -> Self {
        Self {
            s_f: 0.0,
            compression_component: 0.0,
            quality_component: 0.0,
            reason,
        }
    }
}

/// Quality component exactly at the threshold.
const QUALITY_AT_THRESHOLD: f64 = 0.7;
/// Divisor that brings the normalised forms back to 1.
const NORMALISER: f64 = 1.12;

/// The compression task of a revision.
///
/// # Errors
/// A revision that is older than the task.
pub fn compression_rules(revision: &Revision) -> Result<&CompressionRules, ScoringError> {
    revision
        .compression
        .as_ref()
        .ok_or_else(|| ScoringError::NoCompressionTask(revision.name.clone()))
}

/// The compression rate as validators take it: output over source, or exactly 1 where the output
/// is not smaller (`services/scoring/server.py`).
#[must_use]
pub fn compression_rate(output_bytes: u64, source_bytes: u64) -> f64 {
    if source_bytes > 0 && output_bytes < source_bytes {
        output_bytes as f64 / source_bytes as f64
    } else {
        1.0
    }
}

/// Computes S_f.
///
/// # Errors
/// Values that are not finite, a rate of zero or less where the formula needs the ratio, weights
/// that do not sum to 1, and a threshold of 100 where the formula would divide by zero.
pub fn compression_score(
    formula: CompressionFormula,
    constants: CompressionConstants,
    input: CompressionInput,
) -> Result<CompressionScore, ScoringError> {
    let v = finite("VMAF", input.vmaf)?;
    let c = finite("compression rate", input.rate)?;
    let t = finite("threshold", input.threshold)?;
    if (constants.rate + constants.quality - 1.0).abs() > 0.01 {
        return Err(ScoringError::Weights {
            rate: constants.rate,
            quality: constants.quality,
        });
    }
    if c <= 0.0 {
        return Err(ScoringError::Rate(c));
    }
    finite("ratio (one over the rate)", 1.0 / c)?;
    match formula {
        CompressionFormula::InlinePower => inline_power(constants, v, c, t),
        CompressionFormula::SoftZone => soft_zone(constants, v, c, t),
        CompressionFormula::SoftZoneRateCut if c >= 0.80 => {
            Ok(CompressionScore::zero(CompressionReason::RateTooHigh))
        }
        CompressionFormula::SoftZoneRateCut => soft_zone(constants, v, c, t),
        CompressionFormula::Normalised => normalised(constants, v, c, t, Guard::None),
        CompressionFormula::NormalisedGuarded => normalised(constants, v, c, t, Guard::FullQuality),
        CompressionFormula::LinearCliff => Ok(linear_cliff(constants, v, c, t)),
    }
}

fn inline_power(
    w: CompressionConstants,
    v: f64,
    c: f64,
    t: f64,
) -> Result<CompressionScore, ScoringError> {
    if v < t {
        return Ok(CompressionScore::zero(CompressionReason::BelowThreshold));
    }
    let room = 100.0 - t;
    if room == 0.0 {
        return Err(ScoringError::ThresholdLeavesNoRoom { threshold: t });
    }
    let k = 1.0 - c.powf(1.5);
    // The product is formed before the division, as upstream does: the last bit depends on it.
    let s_f = w.rate * k + (w.quality * (v - t)) / room;
    Ok(CompressionScore {
        s_f,
        compression_component: k,
        quality_component: (v - t) / room,
        reason: CompressionReason::Success,
    })
}

/// What happens to the quality component when the threshold leaves no room.
#[derive(Clone, Copy, PartialEq)]
enum Guard {
    None,
    FullQuality,
}

fn quality_at_or_above(v: f64, t: f64, guard: Guard) -> Result<f64, ScoringError> {
    let room = 100.0 - t;
    if room <= 0.0 && guard == Guard::FullQuality {
        return Ok(1.0);
    }
    if room == 0.0 {
        return Err(ScoringError::ThresholdLeavesNoRoom { threshold: t });
    }
    Ok(QUALITY_AT_THRESHOLD + (1.0 - QUALITY_AT_THRESHOLD) * ((v - t) / room).min(1.0))
}

fn quality_in_soft_zone(v: f64, t: f64, margin: f64) -> f64 {
    let depth = (v - (t - margin)) / margin;
    QUALITY_AT_THRESHOLD * (depth * depth)
}

fn soft_zone(
    w: CompressionConstants,
    v: f64,
    c: f64,
    t: f64,
) -> Result<CompressionScore, ScoringError> {
    const CAP: f64 = 1.3;
    if v < t - w.soft_margin {
        return Ok(CompressionScore::zero(CompressionReason::BelowSoftZone));
    }
    let r = 1.0 / c;
    if v < t {
        let q = quality_in_soft_zone(v, t, w.soft_margin);
        let k = if c >= 0.95 {
            0.0
        } else if r <= 20.0 {
            ((r - 1.0) / 19.0).powf(1.5)
        } else {
            (1.0 + 0.3 * (r / 20.0).ln()).min(CAP)
        };
        return Ok(CompressionScore {
            s_f: (k * q).min(1.0),
            compression_component: k,
            quality_component: q,
            reason: CompressionReason::SoftZone,
        });
    }
    let q = quality_at_or_above(v, t, Guard::None)?;
    let (k, reason) = if c >= 0.95 {
        (0.0, CompressionReason::MinimalCompression)
    } else if c >= 0.80 {
        (
            (r - 1.0) * (r - 1.0) * 0.4,
            CompressionReason::PoorCompression,
        )
    } else if r <= 20.0 {
        (
            (((r - 1.25) / 18.75).powf(1.2) + 0.025).min(CAP),
            CompressionReason::Success,
        )
    } else {
        (
            (1.0 + 0.3 * (r / 20.0).ln()).min(CAP),
            CompressionReason::Success,
        )
    };
    Ok(CompressionScore {
        s_f: (w.rate * k + w.quality * q).min(1.0),
        compression_component: k,
        quality_component: q,
        reason,
    })
}

fn normalised(
    w: CompressionConstants,
    v: f64,
    c: f64,
    t: f64,
    guard: Guard,
) -> Result<CompressionScore, ScoringError> {
    if c >= 0.80 {
        return Ok(CompressionScore::zero(CompressionReason::RateTooHigh));
    }
    if v < t - w.soft_margin {
        return Ok(CompressionScore::zero(CompressionReason::BelowSoftZone));
    }
    let r = 1.0 / c;
    if v < t {
        let q = quality_in_soft_zone(v, t, w.soft_margin);
        let k = if r <= 20.0 {
            ((r - 1.0) / 19.0).powf(1.5)
        } else {
            1.0 + 0.3 * (r / 20.0).ln()
        };
        return Ok(CompressionScore {
            s_f: (k * q / NORMALISER).min(1.0),
            compression_component: k,
            quality_component: q,
            reason: CompressionReason::SoftZone,
        });
    }
    let q = quality_at_or_above(v, t, guard)?;
    let k = if r <= 20.0 {
        ((r - 1.25) / 18.75).powf(0.9)
    } else {
        1.0 + 0.1 * (r / 20.0).ln()
    };
    Ok(CompressionScore {
        s_f: ((w.rate * k + w.quality * q) / NORMALISER).min(1.0),
        compression_component: k,
        quality_component: q,
        reason: CompressionReason::Success,
    })
}

fn linear_cliff(w: CompressionConstants, v: f64, c: f64, t: f64) -> CompressionScore {
    if c >= 0.80 {
        return CompressionScore::zero(CompressionReason::RateTooHigh);
    }
    if v < t - w.soft_margin {
        return CompressionScore::zero(CompressionReason::BelowSoftZone);
    }
    if v < t {
        return CompressionScore::zero(CompressionReason::BelowThreshold);
    }
    let k = (1.0 - c).clamp(0.0, 1.0);
    let q = v / 100.0;
    CompressionScore {
        s_f: ((w.rate * k + w.quality * q) / NORMALISER).min(1.0),
        compression_component: k,
        quality_component: q,
        reason: CompressionReason::Success,
    }
}
