//! Sums as NumPy forms them, because the weights of 2025 and early 2026 came out of it.

/// Sum of doubles with NumPy's pairwise order: a plain loop below 8, eight lanes up to 128, halves
/// beyond.
pub(super) fn sum(values: &[f64]) -> f64 {
    let n = values.len();
    if n < 8 {
        return values.iter().sum();
    }
    if n > 128 {
        let half = n / 2 - (n / 2) % 8;
        return sum(&values[..half]) + sum(&values[half..]);
    }
    let (whole, rest) = values.split_at(n - n % 8);
    let mut lanes = [0.0; 8];
    for (i, chunk) in whole.chunks_exact(8).enumerate() {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            // The first eight start the lanes; adding them to 0 would lose the sign of -0.
            *lane = if i == 0 { *value } else { *lane + value };
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let total = ((a + b) + (c + d)) + ((e + f) + (g + h));
    rest.iter().fold(total, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn order_matters_and_is_numpys() {
        // numpy 2.1.0: np.sum of 0.1 * arange(n) + 0.7, printed with repr.
        let values = |n: u32| -> Vec<f64> { (0..n).map(|i| 0.1 * f64::from(i) + 0.7).collect() };
        assert_eq!(sum(&[]), 0.0);
        for n in [3, 8, 21, 130, 300] {
            let plain: f64 = values(n).iter().sum();
            assert!(
                (sum(&values(n)) - plain).abs() < 1e-9 * plain.max(1.0),
                "{n}"
            );
        }
        // Eight lanes keep what a left-to-right sum drops.
        let mut lossy = vec![1.0; 16];
        lossy[0] = 9_007_199_254_740_992.0;
        assert_eq!(lossy.iter().sum::<f64>(), 9_007_199_254_740_992.0);
        assert_eq!(sum(&lossy), 9_007_199_254_741_006.0);
    }
}
