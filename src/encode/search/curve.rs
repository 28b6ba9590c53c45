//! The curve through the measured points. 100 - VMAF grows by nearly the same factor with every level, so its
//! logarithm is interpolated linearly between points, and extrapolated with the slope of the outer two,
//! limited to a range around the seed's. It only serves to choose the next probe.

use super::point::{Level, Point, Seed, Variant};

/// Least and largest ratio of an extrapolation's slope to the seed's. Our choice: points that are close
/// together, or noise, yield extreme slopes.
const SLOPE_LIMITS: (f64, f64) = (0.4, 4.0);

/// Distance from which on a second point determines the slope of an extrapolation, in standard errors of the
/// seed. Our choice: between close points noise outweighs the slope.
const SLOPE_DISTANCE: f64 = 0.25;

/// A little more than the highest VMAF, so that the logarithm exists for a perfect score. Our choice.
const CEILING: f64 = 100.5;

/// The natural logarithm of the distance of a VMAF from [`CEILING`].
fn ln_deficit(vmaf: f64) -> f64 {
    (CEILING - vmaf.min(100.0)).ln()
}

/// The VMAF with this logarithmic deficit.
fn vmaf_of(ln_deficit: f64) -> f64 {
    CEILING - ln_deficit.exp()
}

/// A predicted VMAF and natural logarithm of the bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Predicted {
    pub(super) vmaf: f64,
    pub(super) ln_bytes: f64,
}

/// The measured curves of the default parameters and of the variants.
pub(super) struct CurveModel<'a> {
    seed: &'a Seed,
    /// Points of variant 0, by level.
    curve: Vec<Point>,
    points: &'a [Point],
    target: f64,
}

/// The measured points of a variant, by level.
fn curve_of(points: &[Point], variant: Variant) -> Vec<Point> {
    let own = points.iter().filter(|p| p.variant == variant && p.on_curve);
    let mut curve: Vec<Point> = own.copied().collect();
    curve.sort_by_key(|p| p.level);
    curve
}

/// The first point that is at least `apart` levels from the edge, else the furthest one.
fn far_enough<'p>(
    edge: &Point,
    inner: impl Iterator<Item = &'p Point>,
    apart: f64,
) -> Option<&'p Point> {
    let mut last = None;
    for point in inner {
        last = Some(point);
        if f64::from(point.level.abs_diff(edge.level)) >= apart {
            break;
        }
    }
    last
}

impl<'a> CurveModel<'a> {
    pub(super) fn new(seed: &'a Seed, points: &'a [Point], target: f64) -> Self {
        Self {
            seed,
            curve: curve_of(points, 0),
            points,
            target,
        }
    }

    /// The prediction for a setting.
    pub(super) fn predict(&self, variant: Variant, level: Level) -> Predicted {
        let base = self.along(&self.curve, f64::from(level));
        if variant == 0 {
            return base;
        }
        match curve_of(self.points, variant).as_slice() {
            [] => base,
            // One point shifts the curve of the default parameters.
            [only] => {
                let there = self.along(&self.curve, f64::from(only.level));
                Predicted {
                    vmaf: base.vmaf + only.vmaf - there.vmaf,
                    ln_bytes: base.ln_bytes + (only.bytes as f64).ln() - there.ln_bytes,
                }
            }
            own => self.along(own, f64::from(level)),
        }
    }

    /// Distance from a level to the nearest measured one of the default parameters, in VMAF points by the seed's
    /// slope.
    pub(super) fn distance(&self, level: Level) -> f64 {
        let points = |p: &Point| f64::from(p.level.abs_diff(level)) * -self.seed.vmaf_slope;
        self.curve.iter().map(points).fold(f64::INFINITY, f64::min)
    }

    /// The value of a curve at a level, by interpolation or extrapolation.
    fn along(&self, curve: &[Point], level: f64) -> Predicted {
        let at = |p: &Point| {
            (
                f64::from(p.level),
                ln_deficit(p.vmaf),
                (p.bytes as f64).ln(),
            )
        };
        // The seed's slope of VMAF holds at the target.
        let seed_slope = -self.seed.vmaf_slope / (CEILING - self.target).max(1.0);
        let Some((first, last)) = curve.first().zip(curve.last()) else {
            let distance = level - self.seed.level;
            return Predicted {
                vmaf: vmaf_of(ln_deficit(self.target) + distance * seed_slope),
                ln_bytes: distance * self.seed.size_slope,
            };
        };
        let behind = curve.partition_point(|p| f64::from(p.level) <= level);
        if behind > 0 && behind < curve.len() {
            let (a, b) = (at(&curve[behind - 1]), at(&curve[behind]));
            let share = (level - a.0) / (b.0 - a.0);
            return Predicted {
                vmaf: vmaf_of(a.1 + (b.1 - a.1) * share),
                ln_bytes: a.2 + (b.2 - a.2) * share,
            };
        }
        let apart = self.seed.spread * SLOPE_DISTANCE;
        let (edge, inner) = if behind == 0 {
            let inner = curve[1..].iter();
            (at(first), far_enough(first, inner, apart).map(at))
        } else {
            let inner = curve[..curve.len() - 1].iter().rev();
            (at(last), far_enough(last, inner, apart).map(at))
        };
        let slope = |expected: f64, measured: Option<f64>| {
            let (least, most) = SLOPE_LIMITS;
            measured.map_or(expected, |m| expected * (m / expected).clamp(least, most))
        };
        let run = inner.map(|i| edge.0 - i.0);
        let deficit = slope(
            seed_slope,
            inner.zip(run).map(|(i, run)| (edge.1 - i.1) / run),
        );
        let size = slope(
            self.seed.size_slope,
            inner.zip(run).map(|(i, run)| (edge.2 - i.2) / run),
        );
        Predicted {
            vmaf: vmaf_of(edge.1 + (level - edge.0) * deficit),
            ln_bytes: edge.2 + (level - edge.0) * size,
        }
    }
}
