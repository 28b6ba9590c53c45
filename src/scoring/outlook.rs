//! What the next rounds would change.

use serde::Serialize;

use super::multipliers::{Marks, multipliers};
use crate::rules::MultiplierRules;

/// What the next rounds would change.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Outlook {
    /// Whether the window is full, so that every further round pushes the oldest out.
    pub full: bool,
    /// What the round that leaves next counts for, if one does.
    pub leaves_next: Option<Marks>,
    /// Total multiplier after one more round that earns the bonus.
    pub after_bonus: f64,
    /// Total multiplier after one more round between the limits.
    pub after_neutral: f64,
    /// Total multiplier after one more round below every limit.
    pub after_poor: f64,
    /// Total multiplier after 1, 2, 3 … rounds in a row that earn the bonus, until the window holds
    /// nothing else.
    pub bonus_run: Vec<f64>,
}

/// Looks ahead from a window, given oldest first. `quality_counts` says whether a poor round is also
/// one of low quality.
#[must_use]
pub fn outlook(
    rules: &MultiplierRules,
    size: u64,
    window: &[Marks],
    quality_counts: bool,
) -> Outlook {
    let size_here = usize::try_from(size).unwrap_or(usize::MAX);
    let after = |run: usize, next: Marks| {
        let kept = size_here.saturating_sub(run).min(window.len());
        let kept = &window[window.len() - kept..];
        let new = std::iter::repeat_n(next, run.min(size_here));
        multipliers(rules, size, kept.iter().copied().chain(new)).total
    };
    let bonus = Marks {
        bonus: true,
        ..Marks::default()
    };
    let poor = Marks {
        penalty_f: true,
        penalty_q: quality_counts,
        ..Marks::default()
    };
    let full = window.len() >= size_here;
    Outlook {
        full,
        leaves_next: window.first().copied().filter(|_| full),
        after_bonus: after(1, bonus),
        after_neutral: after(1, Marks::default()),
        after_poor: after(1, poor),
        bonus_run: (1..=size_here).map(|run| after(run, bonus)).collect(),
    }
}
