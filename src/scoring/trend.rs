//! Whether scores rise or fall: the last window against the one before.
//!
//! The limits of a tenth are those of the published `calculate_multipliers.py`; where there is no
//! whole window before, that script compares the last one with itself, and here nothing is compared.

use serde::Serialize;

use super::multipliers::window_average;

/// Part of the earlier average by which the later one must differ to count as a change.
const CHANGE: f64 = 0.1;

/// Which way scores go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More than a tenth above.
    Improving,
    /// More than a tenth below.
    Declining,
    /// In between.
    Stable,
}

/// The last window against the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Trend {
    /// Average of the last window.
    pub recent: f64,
    /// Average of as many rounds before it; absent where there are not as many.
    pub earlier: Option<f64>,
    /// Which way; absent without an earlier window.
    pub direction: Option<Direction>,
    /// Change in per cent of the earlier average's size; absent where that is 0.
    pub percent: Option<f64>,
}

/// Compares the last `window` scores with those before them; scores come oldest first. Absent for
/// fewer than two scores.
#[must_use]
pub fn trend(scores: &[f64], window: usize) -> Option<Trend> {
    if scores.len() < 2 || window == 0 {
        return None;
    }
    let window = window.min(scores.len());
    let (before, last) = scores.split_at(scores.len() - window);
    let average = |part: &[f64]| window_average(part.iter().copied());
    let recent = average(last)?;
    let earlier = (before.len() >= window)
        .then(|| average(&before[before.len() - window..]))
        .flatten();
    let direction = earlier.map(|earlier| {
        let margin = CHANGE * earlier.abs();
        if recent > earlier + margin {
            Direction::Improving
        } else if recent < earlier - margin {
            Direction::Declining
        } else {
            Direction::Stable
        }
    });
    let percent = earlier
        .filter(|e| *e != 0.0)
        .map(|earlier| (recent - earlier) / earlier.abs() * 100.0);
    Some(Trend {
        recent,
        earlier,
        direction,
        percent,
    })
}
