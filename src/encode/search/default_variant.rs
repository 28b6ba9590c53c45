//! The next probe of the default parameters: towards a level that passes, then within the bracket between
//! the levels that pass and those that fail.

use super::bracket::Bracket;
use super::point::{Feasibility, Level, Point};
use super::state::{SafetyMargin, SearchState};

/// The margin while nothing passes yet. Our choice, larger than once something does: until then a miss is a
/// probe without a result.
const MARGIN_BEFORE_PASSING: SafetyMargin = SafetyMargin {
    fraction: 0.15,
    reach: 4.0,
};

/// Proposes a level, or nothing once the default parameters have landed.
pub(super) fn next(state: &SearchState<'_>) -> Option<Level> {
    let curve: Vec<&Point> = state.curve().collect();
    let window = window(state)?;
    if curve.is_empty() {
        return first(state, window);
    }
    let passes = |p: &&Point| p.feasibility == Feasibility::Passes;
    let best_on_curve = state.best().is_some_and(|best| state.points[best].on_curve);
    if best_on_curve || curve.iter().any(passes) {
        towards_better(state, &curve, window)
    } else {
        towards_passing(state, &curve, window)
    }
}

/// Levels that no gate has excluded: finer than all that fail a quality gate although VMAF meets the target,
/// coarser than all that fail for their size.
fn window(state: &SearchState<'_>) -> Option<(Level, Level)> {
    let finest = state
        .levels(Feasibility::TooBig)
        .map(|level| level + 1)
        .max()
        .unwrap_or(0);
    let coarsest = match state.gated() {
        Some(0) => return None,
        Some(level) => level - 1,
        None => state.last_level(),
    };
    (finest <= coarsest).then_some((finest, coarsest))
}

/// The first probe: a little finer than the seed predicts.
fn first(state: &SearchState<'_>, (finest, coarsest): (Level, Level)) -> Option<Level> {
    let cautious = state.seed.cautious(state.limits.caution);
    let mut level = cautious.clamp(finest, coarsest);
    // A setting at which the encoder failed is not tried again.
    while state.tried(0, level) && level > finest {
        level -= 1;
    }
    (!state.tried(0, level)).then_some(level)
}

/// Nothing passes yet: finer where quality is too low, coarser where the file is too big.
fn towards_passing(
    state: &SearchState<'_>,
    curve: &[&Point],
    window: (Level, Level),
) -> Option<Level> {
    let model = state.model();
    let coarse = state.levels(Feasibility::TooCoarse).min();
    let big = state.levels(Feasibility::TooBig).max();
    let (low, high) = (
        big.map_or(window.0, |level| level + 1).max(window.0),
        coarse
            .map_or(window.1, |level| level.saturating_sub(1))
            .min(window.1),
    );
    if low > high || coarse == Some(0) {
        return None;
    }
    let aimed = (low..=high)
        .rev()
        .find(|level| {
            let margin = if big.is_some() {
                0.0
            } else {
                MARGIN_BEFORE_PASSING.at(model.distance(*level))
            };
            model.predict(0, *level).vmaf >= state.limits.target + margin
        })
        .unwrap_or(low);
    // After repeated misses on one side predictions are of no use there, so the distance grows.
    let misses = curve.len() as u32;
    let step = (state.seed.spread.max(1.0) as Level).max(1) * misses.saturating_sub(1);
    let level = match (coarse, big) {
        (Some(coarse), None) => aimed.min(coarse.saturating_sub(step)),
        (None, Some(big)) => aimed.max(big + step),
        _ => aimed,
    };
    state.untried(level.clamp(low, high), low, high)
}

/// Something passes: the level with the highest predicted objective, within the bracket that is still open.
fn towards_better(
    state: &SearchState<'_>,
    curve: &[&Point],
    window: (Level, Level),
) -> Option<Level> {
    let bracket = Bracket::new(state, window)?;
    if let Some(failing) = state
        .gated()
        .filter(|gated| bracket.failing == Some(*gated) && *gated > bracket.coarsest_passing + 1)
    {
        return bracket.bisect_gated(failing);
    }
    let aimed = bracket.best_predicted(window.0);
    let passing = bracket.coarsest_passing;
    match (aimed, bracket.failing) {
        (_, Some(failing)) if stalled(curve) && failing - passing > 1 => bracket.bisect(failing),
        (None, Some(failing)) => bracket.explore(failing),
        (None, None) if passing < bracket.high => bracket.beyond_passing(),
        (aimed, _) => aimed,
    }
}

/// Whether the two latest probes of the curve both failed although they were predicted to pass.
fn stalled(curve: &[&Point]) -> bool {
    let mut latest = curve.iter().rev();
    let fails = |p: Option<&&Point>| p.is_some_and(|p| p.feasibility == Feasibility::TooCoarse);
    fails(latest.next()) && fails(latest.next())
}
