//! The upscaling score: quality S_Q, length S_L, their mean S_pre, and S_F.
//!
//! Sources: `services/scoring/server.py` from `6be511e` on and `services/scoring/upscaling_scoring.py`
//! from 2026-06-17 of `vidAio-subnet/vidaio-subnet`; the reciprocal form from
//! `vidAio-subnet/validator-vidaio` at `688b6716`.

use super::error::{ScoringError, finite};
use crate::rules::{BelowFloor, FinalFormula, LengthFormula, QualityTransform, UpscaleFormula};

/// S_F with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpscaleScore {
    /// Whether VMAF reaches the floor.
    pub vmaf_passed: bool,
    /// Quality score, 0 to 1 for PIE-APP values from 0 to 2.
    pub s_q: f64,
    pub s_l: f64,
    /// Weighted sum of the two.
    pub s_pre: f64,
    pub s_f: f64,
}

fn log_sigmoid(x: f64) -> f64 {
    let sigmoid = 1.0 / (1.0 + (-x).exp());
    (1.0 - (sigmoid + 1.0).log10() / 3.5_f64.log10()).powf(2.5)
}

/// S_Q of an averaged PIE-APP value. Neither clamps nor takes the absolute value, as upstream.
///
/// # Errors
/// A value that is not finite.
pub fn quality_score(transform: QualityTransform, pieapp: f64) -> Result<f64, ScoringError> {
    let p = finite("PIE-APP", pieapp)?;
    Ok(match transform {
        QualityTransform::LogSigmoid => {
            let (at_0, at_2) = (log_sigmoid(0.0), log_sigmoid(2.0));
            1.0 - (log_sigmoid(p) - at_0) / (at_2 - at_0)
        }
        QualityTransform::Reciprocal => 1.0 / (1.0 + p.max(0.0)),
    })
}

/// S_L of a requested content length in seconds.
///
/// # Errors
/// A length that is not finite, or not above -1.
pub fn length_score(formula: LengthFormula, seconds: f64) -> Result<f64, ScoringError> {
    let l = finite("content length", seconds)?;
    if l <= -1.0 {
        return Err(ScoringError::Length(l));
    }
    let s_l = (1.0 + l).ln() / 321.0_f64.ln();
    Ok(match formula {
        LengthFormula::Logarithmic => s_l,
        LengthFormula::LogarithmicCapped => s_l.min(1.0),
    })
}

fn final_score(formula: FinalFormula, s_q: f64, s_pre: f64) -> f64 {
    let exponential = 0.1 * (6.979 * (s_pre - 0.5)).exp();
    match formula {
        FinalFormula::QualityOnly => s_q,
        FinalFormula::Exponential => exponential,
        FinalFormula::ExponentialClamped => exponential.clamp(0.0, 1.0),
    }
}

/// Computes S_F with its parts.
///
/// # Errors
/// Values that are not finite, and a length without a length score.
pub fn upscale_score(
    formula: &UpscaleFormula,
    pieapp: f64,
    vmaf: f64,
    seconds: f64,
) -> Result<UpscaleScore, ScoringError> {
    let v = finite("VMAF", vmaf)?;
    // Divided first, because validators compare `V / 100` with a fraction.
    let vmaf_passed = v / 100.0 >= formula.vmaf_floor / 100.0;
    let s_l = length_score(formula.length, seconds)?;
    let s_q = quality_score(formula.quality, pieapp)?;
    if !vmaf_passed && formula.below_floor == BelowFloor::ZeroAll {
        return Ok(UpscaleScore {
            vmaf_passed,
            s_q: 0.0,
            s_l: 0.0,
            s_pre: 0.0,
            s_f: 0.0,
        });
    }
    let s_q = if vmaf_passed { s_q } else { 0.0 };
    let s_pre = s_q * formula.weight_quality + s_l * formula.weight_length;
    Ok(UpscaleScore {
        vmaf_passed,
        s_q,
        s_l,
        s_pre,
        s_f: final_score(formula.last, s_q, s_pre),
    })
}

/// The least and the largest S_F that any PIE-APP value could give, for when it was not measured.
///
/// `worst` is the largest PIE-APP value that counts: the cap of the revision, or infinity.
///
/// # Errors
/// As [`upscale_score`].
pub fn upscale_range(
    formula: &UpscaleFormula,
    worst: Option<f64>,
    vmaf: f64,
    seconds: f64,
) -> Result<(f64, f64), ScoringError> {
    let best = upscale_score(formula, 0.0, vmaf, seconds)?;
    // Without a cap S_Q tends to 0; the largest finite value stands for the limit.
    let worst = upscale_score(formula, worst.unwrap_or(f64::MAX), vmaf, seconds)?;
    Ok((worst.s_f, best.s_f))
}
