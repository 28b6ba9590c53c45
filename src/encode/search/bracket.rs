//! The interval between the coarsest level that passes and the finest one that fails.

use super::curve::CurveModel;
use super::point::{Feasibility, Level};
use super::state::{MARGIN_WHILE_PASSING, SearchState};
use crate::domain::{EstimatedBytes, Vmaf};

/// Levels beyond the passing ones at which a prediction is trusted, in standard errors of the seed, and at
/// least that many levels. Our choice.
const TRUST_IN_SPREADS: f64 = 3.0;
const LEAST_TRUST: f64 = 4.0;
/// Predicted fall of VMAF across a bracket, in points, from which on it is worth bisecting. Our choice.
const LEAST_FALL: f64 = 0.05;
/// Levels beyond the coarsest passing one that count as unexplored while nothing has failed: a standard error
/// of the seed, and at least that many levels. Our choice.
const LEAST_UNEXPLORED: Level = 2;
/// VMAF above the target, in points, from which on a single measured point is not enough to stop at. Our
/// choice.
const LANDED_WITHIN: f64 = 0.3;
/// Fraction of the way from the model's prediction to the optimistic bound at which an unexplored interval is
/// probed. Our choice.
const OPTIMISM: f64 = 0.35;
/// The optimistic bound: beyond the measured points, VMAF falls at least at this fraction of the measured
/// slope. Our choice.
const GENTLEST_SLOPE: f64 = 0.6;
/// Multiple of the required gain that the optimistic bound must promise where the model predicts none. Our
/// choice.
const OPTIMISTIC_GAIN: f64 = 4.0;

/// What is measured on either side of where the curve begins to fail; at least one level passes.
pub(super) struct Bracket<'s> {
    state: &'s SearchState<'s>,
    model: CurveModel<'s>,
    /// Objective of the best file so far.
    best: f64,
    finest_passing: Level,
    pub(super) coarsest_passing: Level,
    /// The finest failing level that is coarser than every passing one.
    pub(super) failing: Option<Level>,
    /// The coarsest level that may still pass.
    pub(super) high: Level,
}

impl<'s> Bracket<'s> {
    pub(super) fn new(state: &'s SearchState<'s>, window: (Level, Level)) -> Option<Self> {
        let best = state.points[state.best()?].objective;
        // If VMAF is not monotonic, a level coarser than a failing one may pass; that is not searched for.
        let coarsest_passing = state.levels(Feasibility::Passes).max()?;
        let finest_passing = state.levels(Feasibility::Passes).min()?;
        let failing = state
            .levels(Feasibility::TooCoarse)
            .filter(|level| *level > coarsest_passing)
            .min();
        let high = failing
            .map_or(window.1, |level| level.saturating_sub(1))
            .min(window.1);
        let trust = Self::trust(state);
        Some(Self {
            state,
            model: state.model(),
            best,
            finest_passing,
            coarsest_passing,
            failing,
            high: high.min(coarsest_passing.saturating_add(trust)),
        })
    }

    /// Levels beyond the measured ones at which a prediction is trusted.
    fn trust(state: &SearchState<'_>) -> Level {
        (TRUST_IN_SPREADS * state.seed.spread).max(LEAST_TRUST) as Level
    }

    /// The objective that a prediction must exceed to justify a probe.
    fn required(&self) -> f64 {
        SearchState::required(self.best, self.state.limits.gain)
    }

    /// The predicted objective of a level; minus infinity where it is predicted to fail.
    fn promised(&self, level: Level) -> f64 {
        let predicted = self.model.predict(0, level);
        let margin = MARGIN_WHILE_PASSING.at(self.model.distance(level));
        if predicted.vmaf - margin < self.state.limits.target {
            return f64::NEG_INFINITY;
        }
        (self.state.objective)(
            Vmaf(predicted.vmaf),
            EstimatedBytes(predicted.ln_bytes.exp()),
        )
    }

    /// The untried level with the highest predicted objective, if that justifies a probe.
    pub(super) fn best_predicted(&self, finest: Level) -> Option<Level> {
        let low = self.finest_passing.saturating_sub(Self::trust(self.state));
        let required = self.required();
        (finest.max(low)..=self.high)
            .filter(|level| !self.state.tried(0, *level))
            .map(|level| (level, self.promised(level)))
            .filter(|(_, objective)| *objective > required)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(level, _)| level)
    }

    /// The middle between the coarsest passing level and a failing one, or the nearest untried level.
    fn middle(&self, failing: Level) -> (Level, Option<Level>) {
        let passing = self.coarsest_passing;
        let middle = passing + (failing - passing) / 2;
        let untried = self.state.untried(middle, passing + 1, failing - 1);
        (middle, untried)
    }

    /// A gate other than VMAF fails: where it begins to fail cannot be predicted, so the bracket is bisected.
    pub(super) fn bisect_gated(&self, failing: Level) -> Option<Level> {
        let (middle, untried) = self.middle(failing);
        untried.filter(|_| self.promised(middle) > self.required())
    }

    /// Predictions keep missing to one side: the bracket is bisected, unless there is nothing to gain.
    pub(super) fn bisect(&self, failing: Level) -> Option<Level> {
        let passes = self.model.predict(0, self.coarsest_passing).vmaf;
        let fails = self.model.predict(0, failing).vmaf;
        let (_, untried) = self.middle(failing);
        untried.filter(|_| (passes - fails).abs() > LEAST_FALL || passes < fails)
    }

    /// Nothing has failed yet and nothing better is predicted: about a standard error of the seed beyond the
    /// coarsest passing level is still unexplored.
    pub(super) fn beyond_passing(&self) -> Option<Level> {
        let passing = self.coarsest_passing;
        let spread = self.state.seed.spread.ceil() as Level;
        let unexplored = spread.max(LEAST_UNEXPLORED);
        let first = self.state.curve().next();
        let above = first.map_or(0.0, |p| p.vmaf) - self.state.limits.target;
        if self.state.curve().count() == 1 && above > LANDED_WITHIN {
            // One point determines no slope, and the seed's may be far off.
            let next = (passing + (unexplored / 2).max(1)).min(self.high);
            return self.state.untried(next, passing, self.high);
        }
        self.explore(passing.saturating_add(unexplored).min(self.high + 1))
    }

    /// A level between the coarsest passing and a failing one that is predicted to fail, but may well pass:
    /// beyond the measured points VMAF may fall nearly as gently as between them. Only where passing would
    /// be worth a probe.
    pub(super) fn explore(&self, failing: Level) -> Option<Level> {
        let (state, passing) = (self.state, self.coarsest_passing);
        if failing - passing < 2 {
            return None;
        }
        let (vmaf, slope) = self.optimistic_line()?;
        let required = SearchState::required(self.best, state.limits.gain * OPTIMISTIC_GAIN);
        let promises = |level: &Level| {
            let hoped = vmaf + slope * f64::from(level - passing);
            let bytes = self.model.predict(0, *level).ln_bytes.exp();
            hoped >= state.limits.target
                && (state.objective)(Vmaf(hoped), EstimatedBytes(bytes)) > required
        };
        let bound = (passing + 1..failing).rev().find(promises)?;
        let predicted = (passing..failing)
            .rev()
            .find(|level| self.model.predict(0, *level).vmaf >= state.limits.target)
            .unwrap_or(passing);
        let beyond = f64::from(bound.saturating_sub(predicted)) * OPTIMISM;
        let level = (predicted + beyond.ceil() as Level).clamp(passing + 1, failing - 1);
        state.untried(level, passing + 1, failing - 1)
    }

    /// VMAF at the coarsest passing level, and the gentlest slope that is plausible beyond it, in VMAF points
    /// per level.
    fn optimistic_line(&self) -> Option<(f64, f64)> {
        let passing = self.coarsest_passing;
        let edge = self.state.curve().find(|p| p.level == passing)?;
        let before = self
            .state
            .curve()
            .filter(|p| p.level < passing)
            .max_by_key(|p| p.level);
        let measured = before.map(|b| (edge.vmaf - b.vmaf) / f64::from(passing - b.level));
        let slope = match measured {
            Some(slope) if slope < 0.0 => slope,
            _ => self.state.seed.vmaf_slope,
        };
        Some((edge.vmaf, slope * GENTLEST_SLOPE))
    }
}
