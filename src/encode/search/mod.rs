//! The search for the setting with the highest objective. It has no clock, file or encoder: it proposes a
//! setting, is given the measurement, and decides. It only ever selects among measured settings.
//!
//! VMAF usually falls smoothly with coarser quality, so a few points locate the level with the highest
//! objective. How the objective is computed is the revision's business: the search only evaluates it for a
//! VMAF and a size. If VMAF does not fall with quality, or is flat, or predictions keep missing, the search
//! still ends, by bisection between a passing and a failing level.

pub(super) mod allocate;
mod bracket;
mod curve;
mod default_variant;
pub(super) mod features;
mod objective;
mod point;
pub(super) mod prior;
mod proposal;
pub(super) mod shots;
mod state;
mod variants;

pub use objective::Objective;
pub use point::{Feasibility, Level, Point, Seed, Variant};
pub use proposal::{ObjectiveFn, Proposal, SearchLimits, StopReason};

use state::SearchState;

/// Failures of encoders after which a search gives up. Our choice.
const MOST_FAILURES: usize = 3;

/// A search for one clip.
pub struct Search<'a> {
    state: SearchState<'a>,
    /// Parameter sets, the default one included.
    variants: usize,
}

impl<'a> Search<'a> {
    /// A search with the default parameters alone.
    #[must_use]
    pub fn new(seed: Seed, limits: SearchLimits, objective: &'a ObjectiveFn<'a>) -> Self {
        Self {
            state: SearchState {
                seed,
                limits,
                objective,
                points: Vec::new(),
                failed: Vec::new(),
            },
            variants: 1,
        }
    }

    /// Adds a parameter set, to be tried once the default one has landed; returns its number.
    pub fn add_variant(&mut self) -> Variant {
        self.variants += 1;
        self.variants - 1
    }

    /// Records the measurement of a setting.
    pub fn observe(&mut self, point: Point) {
        self.state.points.push(point);
    }

    /// Records that the encoder failed on a setting.
    pub fn observe_failure(&mut self, variant: Variant, level: Level) {
        self.state.failed.push((variant, level));
    }

    /// All measurements, in the order in which they were recorded.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.state.points
    }

    /// Index of the best point that passes every gate; among equals the smaller file.
    #[must_use]
    pub fn best(&self) -> Option<usize> {
        self.state.best()
    }

    /// What to do next.
    #[must_use]
    pub fn propose(&self) -> Proposal {
        let state = &self.state;
        if state.points.len() + state.failed.len() >= state.limits.probes {
            return Proposal::Done(StopReason::Probes);
        }
        if state.failed.len() >= MOST_FAILURES {
            return Proposal::Done(StopReason::Failures);
        }
        let mut curve = state.curve();
        if curve.any(|p| p.feasibility == Feasibility::Hopeless) {
            return Proposal::Done(StopReason::Nothing);
        }
        if let Some(level) = default_variant::next(state) {
            return Proposal::Probe { variant: 0, level };
        }
        let Some(best) = self.best() else {
            return Proposal::Done(StopReason::Nothing);
        };
        match variants::next(state, self.variants, &state.points[best]) {
            Some((variant, level)) => Proposal::Probe { variant, level },
            None => Proposal::Done(StopReason::Best),
        }
    }
}
