//! Percentiles, between two values by straight line, as NumPy computes them.

/// The values in ascending order.
pub(super) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// A percentile of an ascending list.
pub(super) fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = percent / 100.0 * last as f64;
    let (low, high) = (position.floor() as usize, position.ceil() as usize);
    let fraction = position - position.floor();
    Some(sorted[low] + (sorted[high.min(last)] - sorted[low]) * fraction)
}
