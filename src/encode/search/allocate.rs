//! How quality is allocated per shot.
//!
//! VMAF is pooled over frames, so a pooled VMAF costs the fewest bytes where the marginal cost of a point, in
//! bytes, is equal in every shot: bytes are taken from shots where a point is expensive and given to shots
//! where it is cheap. With the harmonic mean a point on a frame weighs 1 / VMAF squared; with the arithmetic
//! mean all weigh the same. Near a threshold the two hardly differ.

use crate::rules::Pooling;

/// The curve of one shot, from two probes of the whole clip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShotCurve {
    /// Number of frames.
    pub frames: f64,
    /// Mean VMAF at offset 0.
    pub vmaf: f64,
    /// Bytes at offset 0.
    pub bytes: f64,
    /// VMAF points per unit of the encoder's quality value; below 0.
    pub vmaf_slope: f64,
    /// Change of the natural logarithm of the bytes per unit; below 0.
    pub size_slope: f64,
}

/// Largest offset of a shot, as the encoder's own quality value. Our choice: the curves are extrapolated
/// from two points, and further away they no longer hold.
pub const MAX_SHOT_OFFSET: f64 = 3.0;

/// Steps of a bisection; 60 reach the precision of `f64`.
const HALVINGS: usize = 60;

/// Quality offsets per shot at which the marginal cost of VMAF is equal everywhere and the pooled VMAF is
/// unchanged. A shot without a usable curve keeps offset 0, and all do if fewer than two curves are usable.
#[must_use]
pub fn allocate(shots: &[ShotCurve], pooling: Pooling) -> Vec<f64> {
    let usable = |s: &ShotCurve| {
        s.vmaf_slope < 0.0 && s.size_slope < 0.0 && s.vmaf > 1.0 && s.bytes > 0.0 && s.frames > 0.0
    };
    let curves: Vec<ShotCurve> = shots.iter().filter(|s| usable(s)).copied().collect();
    if curves.len() < 2 {
        return vec![0.0; shots.len()];
    }
    let mut offsets = equal_cost(&curves, pooling).into_iter();
    let own = |s: &ShotCurve| if usable(s) { offsets.next() } else { None };
    shots.iter().map(own).map(|o| o.unwrap_or(0.0)).collect()
}

/// [`allocate`] for usable curves.
fn equal_cost(shots: &[ShotCurve], pooling: Pooling) -> Vec<f64> {
    let offset_at = |shot: &ShotCurve, cost: f64| {
        let (mut low, mut high) = (-MAX_SHOT_OFFSET, MAX_SHOT_OFFSET);
        for _ in 0..HALVINGS {
            let middle = (low + high) / 2.0;
            // Coarser quality makes a point cheaper.
            if marginal_cost(shot, middle, pooling) > cost {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low + high) / 2.0
    };
    let offsets_at =
        |cost: f64| -> Vec<f64> { shots.iter().map(|shot| offset_at(shot, cost)).collect() };
    let unchanged = pooled(shots, &vec![0.0; shots.len()], pooling);
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for shot in shots {
        low = low.min(marginal_cost(shot, MAX_SHOT_OFFSET, pooling));
        high = high.max(marginal_cost(shot, -MAX_SHOT_OFFSET, pooling));
    }
    for _ in 0..HALVINGS {
        let middle = (low.ln() / 2.0 + high.ln() / 2.0).exp();
        // A higher cost per point means finer quality.
        if pooled(shots, &offsets_at(middle), pooling) < unchanged {
            low = middle;
        } else {
            high = middle;
        }
    }
    offsets_at(high)
}

/// Bytes per point of the pooled VMAF in a shot at an offset.
fn marginal_cost(shot: &ShotCurve, offset: f64, pooling: Pooling) -> f64 {
    let bytes = shot.bytes * (shot.size_slope * offset).exp();
    let vmaf = (shot.vmaf + shot.vmaf_slope * offset).max(1.0);
    let weight = match pooling {
        Pooling::Mean => 1.0,
        _ => 1.0 / (vmaf * vmaf),
    };
    bytes * shot.size_slope / (shot.frames * shot.vmaf_slope * weight)
}

/// Pooled VMAF of all shots at their offsets, each shot represented by its mean.
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
