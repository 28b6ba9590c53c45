//! Names that the network, its document and its script give to a score. They move no reward.

use crate::rules::TierTable;

/// What validators call a miner whose multipliers were not computed yet.
pub(super) const NEW_MINER: &str = "New Miner";

/// The tier of one upscaling score, or of a compression score if `s_pre` is absent.
///
/// Returns `None` where the revision has no tiers or its table does not apply.
#[must_use]
pub fn tier(table: TierTable, s: f64, s_pre: Option<f64>) -> Option<&'static str> {
    match table {
        TierTable::Validator => Some(validator(s)),
        TierTable::DocumentByPre => s_pre.map(document),
        TierTable::Script => Some(script(s)),
        TierTable::None => None,
    }
}

fn validator(s: f64) -> &'static str {
    const ROWS: [(f64, &str); 6] = [
        (0.4, "Elite"),
        (0.3, "Outstanding"),
        (0.25, "High Performance"),
        (0.2, "Good Performance"),
        (0.1, "Average"),
        (0.07, "Below Average"),
    ];
    ROWS.iter()
        .find(|(limit, _)| s > *limit)
        .map_or("Poor Performance", |(_, name)| name)
}

fn document(s_pre: f64) -> &'static str {
    const ROWS: [(f64, &str); 10] = [
        (0.90, "Elite Performance"),
        (0.84, "Outstanding Performance"),
        (0.78, "Excellent Performance"),
        (0.72, "Very High Performance"),
        (0.66, "High Performance"),
        (0.60, "Good Performance"),
        (0.54, "Above Average"),
        (0.48, "Near Average"),
        (0.42, "Low Average"),
        (0.36, "Below Average"),
    ];
    ROWS.iter()
        .find(|(limit, _)| s_pre >= *limit)
        .map_or("Poor Performance", |(_, name)| name)
}

fn script(s_f: f64) -> &'static str {
    const ROWS: [(f64, &str); 3] = [(0.7, "Elite"), (0.6, "Good"), (0.5, "Average")];
    ROWS.iter()
        .find(|(limit, _)| s_f >= *limit)
        .map_or("Poor", |(_, name)| name)
}

/// What `calculate_multipliers.py` calls a window, by its total multiplier.
pub(super) fn window_tier_of_script(total: f64) -> &'static str {
    const ROWS: [(f64, &str); 3] = [(1.15, "Elite"), (1.05, "Good"), (0.95, "Average")];
    ROWS.iter()
        .find(|(limit, _)| total >= *limit)
        .map_or("Poor", |(_, name)| name)
}
