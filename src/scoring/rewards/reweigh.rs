//! Redistributes a pool by a signal of each rank; the sum is unchanged.

/// `raw = w (1 + factor * signal)`, scaled so that the sum stays: stake and emission retained enter so
/// (`2026-07-09`, `2026-07-10`).
pub(super) fn reweigh(weights: &[f64], signals: &[f64], factor: f64) -> Vec<f64> {
    let raw: Vec<f64> = weights
        .iter()
        .zip(signals)
        .map(|(weight, signal)| weight * (1.0 + factor * signal))
        .collect();
    let (before, after): (f64, f64) = (weights.iter().sum(), raw.iter().sum());
    if after <= 0.0 {
        return weights.to_vec();
    }
    raw.into_iter().map(|w| w * (before / after)).collect()
}
