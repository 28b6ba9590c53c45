//! From per-frame VMAF scores to the one value that is scored.
//!
//! Validators have used two different harmonic means and, in `next`, the arithmetic one. Sources:
//! `libvmaf/src/libvmaf.c` and `libvmaf/src/output.c` of Netflix/vmaf at `f85a853`;
//! `services/scoring/vmaf_metric.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`.

use serde::{Deserialize, Serialize};

use super::error::{ScoringError, finite};
use crate::rules::Pooling;

/// The pooled value that a validator with this pooling would read.
///
/// # Errors
/// No frames, a frame that is not finite, or no frame above 0 where those alone count.
pub fn pool(pooling: Pooling, frames: &[f64]) -> Result<f64, ScoringError> {
    match pooling {
        Pooling::HarmonicLibvmafXml => harmonic_mean_libvmaf(frames).map(as_printed),
        Pooling::HarmonicPositiveJson => {
            let printed: Vec<f64> = frames.iter().map(|s| six_decimals(*s)).collect();
            harmonic_mean_plain(&printed)
        }
        Pooling::HarmonicDocument => harmonic_mean_strict(frames),
        Pooling::Mean => mean(frames),
    }
}

/// Frame scores of one model with the usual summaries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct PooledVmaf {
    /// Arithmetic mean.
    pub mean: f64,
    pub min: f64,
    pub max: f64,
    /// First percentile, linear between ranks.
    pub p1: f64,
    /// Fifth percentile.
    pub p5: f64,
    pub p50: f64,
    /// `n / sum(1 / (s + 1)) - 1` in full precision.
    pub harmonic_mean_libvmaf: f64,
    /// `n / sum(1 / s)` over frames above 0; absent if there is none.
    pub harmonic_mean_plain: Option<f64>,
    /// One score a frame, in frame order, in full precision.
    pub per_frame: Vec<f64>,
}

impl PooledVmaf {
    /// Summarises frame scores.
    ///
    /// # Errors
    /// No frames, or a frame that is not finite.
    pub fn from_frames(per_frame: Vec<f64>) -> Result<Self, ScoringError> {
        let mut sorted = per_frame.clone();
        let mean = mean(&per_frame)?;
        sorted.sort_by(f64::total_cmp);
        Ok(Self {
            mean,
            min: sorted[0],
            max: sorted[sorted.len() - 1],
            p1: percentile(&sorted, 1.0),
            p5: percentile(&sorted, 5.0),
            p50: percentile(&sorted, 50.0),
            harmonic_mean_libvmaf: harmonic_mean_libvmaf(&per_frame)?,
            harmonic_mean_plain: harmonic_mean_plain(&per_frame).ok(),
            per_frame,
        })
    }
}

fn checked(frames: &[f64]) -> Result<&[f64], ScoringError> {
    if frames.is_empty() {
        return Err(ScoringError::NoFrames);
    }
    for frame in frames {
        finite("VMAF of a frame", *frame)?;
    }
    Ok(frames)
}

/// libvmaf's own harmonic mean: `n / sum(1 / (s + 1)) - 1`. A frame of 0 counts as 1.
///
/// # Errors
/// No frames, or a frame that is not finite.
pub fn harmonic_mean_libvmaf(frames: &[f64]) -> Result<f64, ScoringError> {
    let frames = checked(frames)?;
    let sum = frames.iter().fold(0.0, |sum, s| sum + 1.0 / (s + 1.0));
    Ok(frames.len() as f64 / sum - 1.0)
}

/// The plain harmonic mean over frames above 0; frames of 0 are dropped, as validators do.
///
/// # Errors
/// No frames, a frame that is not finite, or no frame above 0.
pub fn harmonic_mean_plain(frames: &[f64]) -> Result<f64, ScoringError> {
    let (mut count, mut sum) = (0_usize, 0.0);
    for s in checked(frames)?.iter().filter(|s| **s > 0.0) {
        count += 1;
        sum += 1.0 / s;
    }
    if count == 0 {
        return Err(ScoringError::NoPositiveFrame);
    }
    Ok(count as f64 / sum)
}

/// The harmonic mean of the document, where a frame of 0 makes the whole 0.
///
/// # Errors
/// No frames, or a frame that is not finite.
pub fn harmonic_mean_strict(frames: &[f64]) -> Result<f64, ScoringError> {
    let frames = checked(frames)?;
    if frames.iter().any(|s| *s <= 0.0) {
        return Ok(0.0);
    }
    harmonic_mean_plain(frames)
}

/// The arithmetic mean, summed left to right.
///
/// # Errors
/// No frames, or a frame that is not finite.
pub fn mean(frames: &[f64]) -> Result<f64, ScoringError> {
    let frames = checked(frames)?;
    Ok(frames.iter().fold(0.0, |sum, s| sum + s) / frames.len() as f64)
}

/// Percentile `p` (0 to 100) of ascending values, linear between ranks; NaN for no values.
#[must_use]
pub fn percentile(ascending: &[f64], p: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else {
        return f64::NAN;
    };
    let rank = p / 100.0 * last as f64;
    let low = rank.floor() as usize;
    let high = (low + 1).min(last);
    ascending[low] + (ascending[high] - ascending[low]) * (rank - low as f64)
}

/// A pooled value as libvmaf prints it into its XML report: six decimals, or sixteen where the
/// fractional part is under a millionth.
#[must_use]
pub fn as_printed(value: f64) -> f64 {
    if value.fract().abs() < 1e-6 && value.fract() != 0.0 {
        reparse(format!("{value:.16}"), value)
    } else {
        six_decimals(value)
    }
}

fn six_decimals(value: f64) -> f64 {
    reparse(format!("{value:.6}"), value)
}

/// Decimal printing and parsing are both exact in Rust, so this equals what a reader of the file gets.
fn reparse(text: String, otherwise: f64) -> f64 {
    text.parse().unwrap_or(otherwise)
}
