//! What a search is given, and what it returns: its limits, the next probe, or why it is over.

use super::point::{Level, Variant};
use crate::domain::{EstimatedBytes, Vmaf};

/// The objective of a file with this VMAF and this number of bytes, from the metrics alone.
pub type ObjectiveFn<'a> = dyn Fn(Vmaf, EstimatedBytes) -> f64 + Sync + 'a;

/// The limits of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchLimits {
    /// Number of levels on the quality axis.
    pub levels: u32,
    /// Most probes, failed ones included.
    pub probes: usize,
    /// VMAF that a file must have: the threshold plus a margin.
    pub target: f64,
    /// Smallest relative gain of the objective that justifies another probe.
    pub gain: f64,
    /// How many standard errors of the seed the first probe is finer than the predicted level.
    pub caution: f64,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Proposal {
    /// Encode and measure this.
    Probe {
        /// Parameter set.
        variant: Variant,
        /// Level on the quality axis.
        level: Level,
    },
    /// Stop.
    Done(StopReason),
}

/// Why a search is over.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Why")]
pub enum StopReason {
    /// No untried setting promises a better result.
    Best,
    /// The allowed number of probes is used up.
    Probes,
    /// Every setting fails a gate.
    Nothing,
    /// Encoders failed too often.
    Failures,
    /// No time for another probe.
    Time,
}
