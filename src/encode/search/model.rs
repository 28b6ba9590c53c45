//! The curve through measured points. What VMAF lacks of a hundred grows by nearly the same factor with
//! every step of quality, so its logarithm is taken as straight between points, and beyond them as steep as
//! the last two were, held near what the seed expects. It proposes; it never decides what a file is worth.

use super::point::{Level, Point, Seed, Variant};

/// How far a slope beyond the measured points may lie from the seed's: points that are close together, or
/// noise, give wild ones.
const SLOPE_LIMITS: (f64, f64) = (0.4, 4.0);

/// A little more than the highest VMAF, so that a perfect score has a logarithm.
const TOP: f64 = 100.5;

/// The logarithm of what a VMAF lacks.
fn lack(vmaf: f64) -> f64 {
    (TOP - vmaf.min(100.0)).ln()
}

/// The VMAF that lacks so much.
fn vmaf_of(lack: f64) -> f64 {
    TOP - lack.exp()
}

/// VMAF and the logarithm of the bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Predicted {
    pub(super) vmaf: f64,
    pub(super) ln_bytes: f64,
}

/// The measured curve of the usual parameters, and how others lie beside it.
pub(super) struct Model<'a> {
    seed: &'a Seed,
    /// Of variant 0, by level.
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

/// The first point that lies far enough from the edge, else the furthest there is.
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

impl<'a> Model<'a> {
    pub(super) fn new(seed: &'a Seed, points: &'a [Point], target: f64) -> Self {
        Self {
            seed,
            curve: curve_of(points, 0),
            points,
            target,
        }
    }

    /// What a level is expected to give.
    pub(super) fn predict(&self, variant: Variant, level: Level) -> Predicted {
        let base = self.along(&self.curve, f64::from(level));
        if variant == 0 {
            return base;
        }
        match curve_of(self.points, variant).as_slice() {
            [] => base,
            // As far from the usual parameters as where it was measured.
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

    /// VMAF points from a level to the nearest measured one of the curve.
    pub(super) fn reach(&self, level: Level) -> f64 {
        let away = |p: &Point| f64::from(p.level.abs_diff(level)) * -self.seed.vmaf_slope;
        self.curve.iter().map(away).fold(f64::INFINITY, f64::min)
    }

    fn along(&self, curve: &[Point], level: f64) -> Predicted {
        let at = |p: &Point| (f64::from(p.level), lack(p.vmaf), (p.bytes as f64).ln());
        // The seed knows the slope of VMAF at the target.
        let lack_slope = -self.seed.vmaf_slope / (TOP - self.target).max(1.0);
        let Some((first, last)) = curve.first().zip(curve.last()) else {
            let away = level - self.seed.level;
            return Predicted {
                vmaf: vmaf_of(lack(self.target) + away * lack_slope),
                ln_bytes: away * self.seed.size_slope,
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
        // Neighbours tell more of noise than of slope.
        let apart = self.seed.spread / 4.0;
        let (edge, inner) = if behind == 0 {
            let inner = curve[1..].iter();
            (at(first), far_enough(first, inner, apart).map(at))
        } else {
            let inner = curve[..curve.len() - 1].iter().rev();
            (at(last), far_enough(last, inner, apart).map(at))
        };
        let slope = |usual: f64, measured: Option<f64>| {
            let (least, most) = SLOPE_LIMITS;
            measured.map_or(usual, |m| usual * (m / usual).clamp(least, most))
        };
        let run = inner.map(|i| edge.0 - i.0);
        let lacking = slope(
            lack_slope,
            inner.zip(run).map(|(i, run)| (edge.1 - i.1) / run),
        );
        let size = slope(
            self.seed.size_slope,
            inner.zip(run).map(|(i, run)| (edge.2 - i.2) / run),
        );
        Predicted {
            vmaf: vmaf_of(edge.1 + (level - edge.0) * lacking),
            ln_bytes: edge.2 + (level - edge.0) * size,
        }
    }
}
