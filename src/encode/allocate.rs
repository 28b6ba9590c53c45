//! How quality is shared out among the shots of a clip.
//!
//! VMAF is pooled over frames, so bytes are saved where a point is dear and spent where it is cheap: the
//! least bytes for a pooled VMAF are reached where a byte buys the same in every shot. With the harmonic
//! mean a point of a poor frame counts for more, by one over its square; with the arithmetic mean all
//! count alike. Near a threshold the two hardly differ.

use crate::rules::Pooling;

/// What two probes of the whole clip tell of one shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShotCurve {
    /// Frames.
    pub frames: f64,
    /// Mean VMAF at the quality that is shared out.
    pub vmaf: f64,
    /// Bytes at that quality.
    pub bytes: f64,
    /// VMAF points a step of quality; below 0.
    pub vmaf_slope: f64,
    /// Change of the logarithm of the bytes a step; below 0.
    pub size_slope: f64,
}

/// Largest change of quality of a shot, in the encoder's own numbers.
pub const MOST: f64 = 3.0;

/// Steps of the bisection; each halves the open stretch.
const HALVINGS: usize = 60;

/// Offsets of quality for every shot, at which a byte buys the same VMAF everywhere and the pooled VMAF
/// stays what it is. A shot whose curve tells nothing keeps its quality; all 0 where fewer than two tell.
#[must_use]
pub fn allocate(shots: &[ShotCurve], pooling: Pooling) -> Vec<f64> {
    let fit = |s: &ShotCurve| {
        s.vmaf_slope < 0.0 && s.size_slope < 0.0 && s.vmaf > 1.0 && s.bytes > 0.0 && s.frames > 0.0
    };
    let telling: Vec<ShotCurve> = shots.iter().filter(|s| fit(s)).copied().collect();
    if telling.len() < 2 {
        return vec![0.0; shots.len()];
    }
    let mut offsets = among(&telling, pooling).into_iter();
    let own = |s: &ShotCurve| if fit(s) { offsets.next() } else { None };
    shots.iter().map(own).map(|o| o.unwrap_or(0.0)).collect()
}

/// The same where every curve tells something.
fn among(shots: &[ShotCurve], pooling: Pooling) -> Vec<f64> {
    // The price of a VMAF point at offset d: bytes that a step saves, over what it takes from the pool.
    let offset_at = |shot: &ShotCurve, price: f64| {
        let (mut low, mut high) = (-MOST, MOST);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            // The coarser, the cheaper a point: go on while it is dearer than the price.
            if dearness(shot, middle, pooling) > price {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low + high) / 2.0
    };
    let offsets_at =
        |price: f64| -> Vec<f64> { shots.iter().map(|shot| offset_at(shot, price)).collect() };
    let wanted = pooled(shots, &vec![0.0; shots.len()], pooling);
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for shot in shots {
        low = low.min(dearness(shot, MOST, pooling));
        high = high.max(dearness(shot, -MOST, pooling));
    }
    for _ in 0..HALVINGS {
        let middle = (low.ln() / 2.0 + high.ln() / 2.0).exp();
        // A higher price buys more quality.
        if pooled(shots, &offsets_at(middle), pooling) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    offsets_at(high)
}

/// Bytes that a point of the pooled VMAF costs in a shot at an offset.
fn dearness(shot: &ShotCurve, offset: f64, pooling: Pooling) -> f64 {
    let bytes = shot.bytes * (shot.size_slope * offset).exp();
    let vmaf = (shot.vmaf + shot.vmaf_slope * offset).max(1.0);
    let weight = match pooling {
        Pooling::Mean => 1.0,
        _ => 1.0 / (vmaf * vmaf),
    };
    bytes * shot.size_slope / (shot.frames * shot.vmaf_slope * weight)
}

/// Pooled VMAF of all shots at their offsets, each shot by its mean.
fn pooled(shots: &[ShotCurve], offsets: &[f64], pooling: Pooling) -> f64 {
    let frames: f64 = shots.iter().map(|s| s.frames).sum();
    let at = |s: &ShotCurve, d: f64| (s.vmaf + s.vmaf_slope * d).max(1.0);
    let pairs = || shots.iter().zip(offsets);
    match pooling {
        Pooling::Mean => pairs().map(|(s, d)| s.frames * at(s, *d)).sum::<f64>() / frames,
        _ => frames / pairs().map(|(s, d)| s.frames / at(s, *d)).sum::<f64>(),
    }
}

/// Bytes of all shots at their offsets.
#[must_use]
pub fn bytes_at(shots: &[ShotCurve], offsets: &[f64]) -> f64 {
    shots
        .iter()
        .zip(offsets)
        .map(|(s, d)| s.bytes * (s.size_slope * d).exp())
        .sum()
}
