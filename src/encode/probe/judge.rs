//! From the verdict on a file to what the search works with: its objective and its feasibility.

use crate::assess::PairScore;
use crate::domain::{CompressionRate, EstimatedBytes, Vmaf};
use crate::encode::search::{Feasibility, Objective};
use crate::gates::{Gate, GateClass, Outcome};
use crate::rules::Revision;
use crate::verdict::predicted_score;

/// Largest fraction of the input's bytes that the objective [`Objective::Size`] distinguishes, so that it
/// stays above 0 for a file that passes.
const LARGEST_FRACTION: f64 = 0.999;

/// What the search of a clip has to reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchTarget<'a> {
    pub(crate) objective: Objective,
    pub(crate) revision: &'a Revision,
    /// VMAF threshold of the task.
    pub(crate) threshold: f64,
    /// VMAF that a file must have: the threshold plus the margin.
    pub(crate) vmaf: f64,
    pub(crate) source_bytes: u64,
    /// Most bytes that the requested bitrate allows, if there is one.
    pub(crate) most_bytes: Option<f64>,
}

/// A file as the search sees it.
pub(crate) struct Judgement {
    /// Value of the objective; 0 if a gate fails.
    pub(crate) objective: f64,
    pub(crate) feasibility: Feasibility,
    /// The gates that fail.
    pub(crate) failed: Vec<Gate>,
}

impl SearchTarget<'_> {
    /// The objective of a file with this VMAF and size, from the metrics alone.
    pub(crate) fn predict(&self, Vmaf(vmaf): Vmaf, EstimatedBytes(bytes): EstimatedBytes) -> f64 {
        if vmaf < self.vmaf || self.is_over_bitrate(bytes) {
            return 0.0;
        }
        let source = self.source_bytes as f64;
        match self.objective {
            Objective::Score => predicted_score(
                self.revision,
                Vmaf(vmaf),
                CompressionRate(bytes / source),
                Vmaf(self.threshold),
            ),
            Objective::Threshold => 1.0 - (vmaf - self.vmaf) / 100.0,
            Objective::Size => 1.0 - (bytes / source).min(LARGEST_FRACTION),
        }
    }

    fn is_over_bitrate(&self, bytes: f64) -> bool {
        self.most_bytes.is_some_and(|most| bytes > most)
    }

    /// The objective and the feasibility of a measured file.
    pub(crate) fn judge(&self, score: &PairScore, bytes: u64) -> Judgement {
        let vmaf = score.vmaf();
        let failed: Vec<Gate> = score
            .gates()
            .results
            .iter()
            .filter(|r| r.outcome == Outcome::Fail)
            .map(|r| r.gate)
            .collect();
        let too_big = self.is_over_bitrate(bytes as f64) || failed.iter().any(|g| by_size(*g));
        let too_coarse = vmaf < self.vmaf || failed.iter().any(|g| by_quality(*g));
        let other = failed.iter().any(|g| !by_size(*g) && !by_quality(*g));
        let feasibility = match (too_big, too_coarse, other) {
            (_, _, true) | (true, true, _) => Feasibility::Hopeless,
            (true, false, false) => Feasibility::TooBig,
            (false, true, false) => Feasibility::TooCoarse,
            (false, false, false) => Feasibility::Passes,
        };
        let objective = match (feasibility, self.objective) {
            (Feasibility::Passes, Objective::Score) => score.s_f().unwrap_or(0.0),
            (Feasibility::Passes, _) => self.predict(Vmaf(vmaf), EstimatedBytes(bytes as f64)),
            _ => 0.0,
        };
        Judgement {
            objective,
            feasibility,
            failed,
        }
    }
}

fn by_size(gate: Gate) -> bool {
    gate.class == GateClass::Size
}

fn by_quality(gate: Gate) -> bool {
    gate.class == GateClass::Quality
}
