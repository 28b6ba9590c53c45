//! Everything that a search has learned so far, with the questions that its steps ask of it.

use super::curve::CurveModel;
use super::point::{Feasibility, Level, Point, Seed, Variant};
use super::proposal::{ObjectiveFn, SearchLimits};

/// How much a predicted VMAF must exceed the target before its level is probed: a fraction of the distance in
/// VMAF to the nearest measured point, because a prediction is the less certain the further away it is.
pub(super) struct SafetyMargin {
    /// VMAF points per point of distance.
    pub(super) fraction: f64,
    /// Distance in VMAF points beyond which the margin no longer grows.
    pub(super) reach: f64,
}

impl SafetyMargin {
    /// VMAF points at a distance.
    pub(super) fn at(&self, distance: f64) -> f64 {
        self.fraction * distance.min(self.reach)
    }
}

/// The margin once a file passes. Our choice: a miss then costs one probe, not the result.
pub(super) const MARGIN_WHILE_PASSING: SafetyMargin = SafetyMargin {
    fraction: 0.02,
    reach: 5.0,
};

/// The measured points of a search, and what it is looking for.
pub(super) struct SearchState<'a> {
    pub(super) seed: Seed,
    pub(super) limits: SearchLimits,
    pub(super) objective: &'a ObjectiveFn<'a>,
    /// Measured points, in the order in which they were measured.
    pub(super) points: Vec<Point>,
    /// Settings at which the encoder failed.
    pub(super) failed: Vec<(Variant, Level)>,
}

impl SearchState<'_> {
    /// Index of the best point that passes every gate; among equals the smaller file.
    pub(super) fn best(&self) -> Option<usize> {
        let better = |a: &Point, b: &Point| {
            a.objective
                .total_cmp(&b.objective)
                .then(b.bytes.cmp(&a.bytes))
                .is_gt()
        };
        let mut best: Option<usize> = None;
        for (i, point) in self.points.iter().enumerate() {
            if point.feasibility == Feasibility::Passes
                && best.is_none_or(|b| better(point, &self.points[b]))
            {
                best = Some(i);
            }
        }
        best
    }

    /// The objective that a prediction must exceed to justify a probe: `best` plus `gain` of it.
    pub(super) fn required(best: f64, gain: f64) -> f64 {
        best + best.abs() * gain
    }

    /// The measured points of the default parameters.
    pub(super) fn curve(&self) -> impl Iterator<Item = &Point> + Clone {
        self.points.iter().filter(|p| p.on_curve && p.variant == 0)
    }

    /// The measured levels of the default parameters with this feasibility.
    pub(super) fn levels(&self, feasibility: Feasibility) -> impl Iterator<Item = Level> {
        self.curve()
            .filter(move |p| p.feasibility == feasibility)
            .map(|p| p.level)
    }

    /// The finest level that fails a quality gate although VMAF meets the target.
    pub(super) fn gated(&self) -> Option<Level> {
        self.curve()
            .filter(|p| p.feasibility == Feasibility::TooCoarse && p.vmaf >= self.limits.target)
            .map(|p| p.level)
            .min()
    }

    /// The model through all measured points.
    pub(super) fn model(&self) -> CurveModel<'_> {
        CurveModel::new(&self.seed, &self.points, self.limits.target)
    }

    /// The coarsest level.
    pub(super) fn last_level(&self) -> Level {
        self.limits.levels - 1
    }

    /// Whether a setting was measured or failed.
    pub(super) fn tried(&self, variant: Variant, level: Level) -> bool {
        let measured = |p: &Point| p.on_curve && p.variant == variant && p.level == level;
        self.points.iter().any(measured) || self.failed.contains(&(variant, level))
    }

    /// The level of the default parameters itself, or the nearest untried one from `low` to `high`.
    pub(super) fn untried(&self, level: Level, low: Level, high: Level) -> Option<Level> {
        (0..=high.saturating_sub(low)).find_map(|distance| {
            let below = level.checked_sub(distance).filter(|l| *l >= low);
            let above = level.checked_add(distance).filter(|l| *l <= high);
            [below, above]
                .into_iter()
                .flatten()
                .find(|l| !self.tried(0, *l))
        })
    }
}
