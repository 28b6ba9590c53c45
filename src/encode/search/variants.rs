//! The next probe of the parameter sets besides the default one.

use super::point::{Feasibility, Level, Point, Variant};
use super::state::{MARGIN_WHILE_PASSING, SearchState};
use crate::domain::{EstimatedBytes, Vmaf};

/// Most probes of one variant. Our choice: one where the default parameters landed, two to correct for its
/// own curve.
const PROBES_PER_VARIANT: usize = 3;

/// Levels on either side of where the default parameters landed among which a variant is predicted, in
/// standard errors of the seed, and at least that many levels. Our choice.
const REACH_IN_SPREADS: f64 = 2.0;
const LEAST_REACH: f64 = 4.0;

/// Proposes a probe of a variant: each first at the level where the default parameters landed, then where its
/// own curve is predicted to land. `variants` counts the default parameters.
pub(super) fn next(
    state: &SearchState<'_>,
    variants: usize,
    best: &Point,
) -> Option<(Variant, Level)> {
    let landed = state
        .curve()
        .filter(|p| p.feasibility == Feasibility::Passes)
        .max_by(|a, b| a.objective.total_cmp(&b.objective))?
        .level;
    for variant in 1..variants {
        let own = state.points.iter().filter(|p| p.variant == variant);
        let failed = state.failed.iter().any(|(v, _)| *v == variant);
        let count = own.clone().count();
        if count == 0 && !failed {
            return Some((variant, landed));
        }
        let hopeless = own.clone().any(|p| p.feasibility == Feasibility::Hopeless);
        if failed || hopeless || count >= PROBES_PER_VARIANT {
            continue;
        }
        if let Some(level) = better_level(state, variant, landed, best) {
            return Some((variant, level));
        }
    }
    None
}

/// The untried level of a variant with the highest predicted objective, if that is better than `best`.
fn better_level(
    state: &SearchState<'_>,
    variant: Variant,
    landed: Level,
    best: &Point,
) -> Option<Level> {
    let model = state.model();
    let required = SearchState::required(best.objective, state.limits.gain);
    let reach = (REACH_IN_SPREADS * state.seed.spread).max(LEAST_REACH) as Level;
    let levels =
        landed.saturating_sub(reach)..=landed.saturating_add(reach).min(state.last_level());
    levels
        .filter(|level| !state.tried(variant, *level))
        .filter_map(|level| {
            let predicted = model.predict(variant, level);
            let margin = MARGIN_WHILE_PASSING.at(model.distance(level));
            (predicted.vmaf - margin >= state.limits.target).then(|| {
                let bytes = predicted.ln_bytes.exp();
                (
                    level,
                    (state.objective)(Vmaf(predicted.vmaf), EstimatedBytes(bytes)),
                )
            })
        })
        .filter(|(_, objective)| *objective > required)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(level, _)| level)
}
