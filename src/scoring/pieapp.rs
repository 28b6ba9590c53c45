//! From per-frame PIE-APP values to the one value that is scored.
//!
//! Source: `services/scoring/pieapp_metric.py` with `services/scoring/server.py` of
//! `vidAio-subnet/vidaio-subnet` at `fea3779`; the newer form from `vidAio-subnet/validator-vidaio`.

use super::error::{ScoringError, finite};
use crate::rules::{PieappAggregation, PieappSum};

/// The clip's PIE-APP value.
///
/// `values` holds one value for each frame that both files have. With none, the output has no
/// frame there and validators take the cap.
///
/// # Errors
/// A value that is not finite; no frame where the revision has no cap.
pub fn aggregate_pieapp(rules: &PieappAggregation, values: &[f64]) -> Result<f64, ScoringError> {
    for value in values {
        finite("PIE-APP of a frame", *value)?;
    }
    if values.is_empty() {
        return rules.cap.ok_or(ScoringError::NoFrames);
    }
    let counted = values
        .iter()
        .map(|v| if rules.absolute { v.abs() } else { *v });
    let total = match rules.sum {
        PieappSum::Plain => counted.fold(0.0, |sum, v| sum + v),
        PieappSum::Exact => exact_sum(counted),
    };
    let mean = total / values.len() as f64;
    Ok(rules.cap.map_or(mean, |cap| mean.min(cap)))
}

/// Sums without intermediate rounding error: Shewchuk's non-overlapping partial sums.
fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for value in values {
        let mut x = value;
        let mut kept = 0;
        for i in 0..partials.len() {
            let mut y = partials[i];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        partials.push(x);
    }
    partials.iter().rev().fold(0.0, |sum, v| sum + v)
}
