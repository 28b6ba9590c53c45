//! How much of its emission a miner kept as stake.

use super::population::Snapshot;

/// What is known of one uid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RetentionState {
    /// Fewer than two epochs were seen; counts as one half.
    TooFewSnapshots,
    /// Nothing was emitted; counts as one half.
    NoEmission,
    /// This part of the emission stayed as stake.
    Known {
        /// 0 to 1.
        retained: f64,
    },
}

/// The retention of one uid with what it was computed from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retention {
    /// The signal, or why there is none.
    pub state: RetentionState,
    /// Emission of the window without its oldest epoch.
    pub emission: f64,
    /// Growth of the stake over the window.
    pub stake_growth: f64,
}

/// Looks at the newest `window` epochs; the first observation of an epoch counts.
#[must_use]
pub fn retention(snapshots: &[Snapshot], window: u64, tempo: u64) -> Retention {
    let mut rows = snapshots.to_vec();
    rows.sort_by_key(|s| s.block);
    rows.dedup_by_key(|s| s.block / tempo.max(1));
    let window = usize::try_from(window).unwrap_or(usize::MAX);
    let rows = &rows[rows.len().saturating_sub(window)..];
    let none = |state| Retention {
        state,
        emission: 0.0,
        stake_growth: 0.0,
    };
    let [first, later @ .., last] = rows else {
        return none(RetentionState::TooFewSnapshots);
    };
    let stake_growth = last.alpha_stake - first.alpha_stake;
    let emission: f64 = later
        .iter()
        .chain([last])
        .map(|s| s.emission.max(0.0))
        .sum();
    let state = if emission > 0.0 {
        RetentionState::Known {
            retained: stake_growth.max(0.0).min(emission) / emission,
        }
    } else {
        RetentionState::NoEmission
    };
    Retention {
        state,
        emission,
        stake_growth,
    }
}
