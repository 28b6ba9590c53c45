//! The curve through measured points: straight between them, and beyond them as steep as the last two
//! were, held near what the seed expects. It proposes; it never decides what a file is worth.

use super::point::{Level, Point, Seed, Variant};

/// How far a slope may lie from the seed's beyond the finest measured point and beyond the coarsest:
/// points that are close together, or noise, give wild ones. VMAF lies flat near 100 and falls ever
/// faster, so towards finer it is held flatter, towards coarser steeper.
const SLOPE_LIMITS: [(f64, f64); 2] = [(0.2, 1.2), (0.9, 3.0)];

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
        let at = |p: &Point| (f64::from(p.level), p.vmaf, (p.bytes as f64).ln());
        let Some((first, last)) = curve.first().zip(curve.last()) else {
            let vmaf = self.target + (level - self.seed.level) * self.seed.vmaf_slope;
            let ln_bytes = (level - self.seed.level) * self.seed.size_slope;
            return Predicted { vmaf, ln_bytes };
        };
        let behind = curve.partition_point(|p| f64::from(p.level) <= level);
        if behind > 0 && behind < curve.len() {
            let (a, b) = (at(&curve[behind - 1]), at(&curve[behind]));
            let share = (level - a.0) / (b.0 - a.0);
            return Predicted {
                vmaf: a.1 + (b.1 - a.1) * share,
                ln_bytes: a.2 + (b.2 - a.2) * share,
            };
        }
        let (edge, inner) = if behind == 0 {
            (at(first), curve.get(1).map(at))
        } else {
            let before = curve.len().checked_sub(2);
            (at(last), before.map(|i| at(&curve[i])))
        };
        let slope = |usual: f64, measured: Option<f64>| {
            let (least, most) = SLOPE_LIMITS[usize::from(behind > 0)];
            measured.map_or(usual, |m| usual * (m / usual).clamp(least, most))
        };
        let run = inner.map(|i| edge.0 - i.0);
        let vmaf = slope(
            self.seed.vmaf_slope,
            inner.zip(run).map(|(i, run)| (edge.1 - i.1) / run),
        );
        let size = slope(
            self.seed.size_slope,
            inner.zip(run).map(|(i, run)| (edge.2 - i.2) / run),
        );
        Predicted {
            vmaf: edge.1 + (level - edge.0) * vmaf,
            ln_bytes: edge.2 + (level - edge.0) * size,
        }
    }
}
