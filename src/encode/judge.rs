//! From a verdict to what the search goes by.

use serde::{Deserialize, Serialize};

use super::search::Standing;
use crate::assess::PairScore;
use crate::gates::{Class, Gate, Outcome};
use crate::rules::Revision;
use crate::verdict::predicted_score;

/// What is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The highest score under the revision.
    Score,
    /// VMAF as little above the threshold as can be.
    Threshold,
    /// The smallest file that passes every gate.
    Size,
}

impl Objective {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Threshold => "threshold",
            Self::Size => "size",
        }
    }
}

/// What a search of one clip aims at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim<'a> {
    pub(crate) objective: Objective,
    pub(crate) revision: &'a Revision,
    pub(crate) threshold: f64,
    /// Threshold and margin.
    pub(crate) target: f64,
    pub(crate) source_bytes: u64,
    /// Most bytes that the bitrate asked for allows, with room to spare.
    pub(crate) ceiling: Option<f64>,
}

impl Aim<'_> {
    /// What a VMAF and a size are worth by the metrics alone.
    pub(crate) fn worth(&self, vmaf: f64, bytes: f64) -> f64 {
        if vmaf < self.target || self.ceiling.is_some_and(|ceiling| bytes > ceiling) {
            return 0.0;
        }
        let source = self.source_bytes as f64;
        match self.objective {
            Objective::Score => {
                predicted_score(self.revision, vmaf, bytes / source, self.threshold)
            }
            Objective::Threshold => 1.0 - (vmaf - self.target) / 100.0,
            Objective::Size => 1.0 - (bytes / source).min(0.999),
        }
    }

    /// What a measured file is worth and how it stands.
    pub(crate) fn judge(&self, score: &PairScore, bytes: u64) -> (f64, Standing, Vec<Gate>) {
        let vmaf = score.vmaf();
        let failed: Vec<Gate> = score
            .gates()
            .results
            .iter()
            .filter(|r| r.outcome == Outcome::Fail)
            .map(|r| r.gate)
            .collect();
        let too_big = self.ceiling.is_some_and(|ceiling| bytes as f64 > ceiling)
            || failed.iter().any(|g| by_size(*g));
        let too_coarse = vmaf < self.target || failed.iter().any(|g| by_quality(*g));
        let other = failed.iter().any(|g| !by_size(*g) && !by_quality(*g));
        let standing = match (too_big, too_coarse, other) {
            (_, _, true) | (true, true, _) => Standing::Hopeless,
            (true, false, false) => Standing::TooBig,
            (false, true, false) => Standing::TooCoarse,
            (false, false, false) => Standing::Passes,
        };
        let worth = match (standing, self.objective) {
            (Standing::Passes, Objective::Score) => score.s_f().unwrap_or(0.0),
            (Standing::Passes, _) => self.worth(vmaf, bytes as f64),
            _ => 0.0,
        };
        (worth, standing, failed)
    }
}

fn by_size(gate: Gate) -> bool {
    gate.class == Class::Size
}

fn by_quality(gate: Gate) -> bool {
    gate.class == Class::Quality
}
