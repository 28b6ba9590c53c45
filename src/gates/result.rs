//! The verdict of one gate.

use serde::{Deserialize, Serialize};

use super::finding::Outcome;
use super::gate::Gate;

/// What a failure costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Cost {
    /// Score that is recorded: 0 for a miner's failure, -100 or -1 for one that is not the miner's.
    /// Absent where only a part of the score is lost.
    pub score: Option<f64>,
    /// Value that enters the standing; absent where none does.
    pub ledger: Option<f64>,
    /// What the standing is multiplied by instead (organic upscaling).
    pub ledger_factor: Option<f64>,
}

impl Cost {
    /// A score that is recorded and leaves the standing alone.
    pub(super) fn only(score: Option<f64>) -> Self {
        Self {
            score,
            ledger: None,
            ledger_factor: None,
        }
    }
}

/// One gate's verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct GateResult {
    pub gate: Gate,
    /// The fixed code that names its failure, where the rules have codes.
    pub code: Option<String>,
    /// Whether it lets the output through.
    pub outcome: Outcome,
    /// What was found, in words.
    pub measured: String,
    /// What is allowed, in words.
    pub limit: String,
    /// What was found as a number, where it is one.
    pub value: Option<f64>,
    /// What the validator would log; only of a failure.
    pub reason: Option<String>,
    /// What it costs; only of a failure.
    pub cost: Option<Cost>,
    /// How to fix it; of a failure or a warning.
    #[serde(rename = "mend")]
    pub fix: Option<String>,
    /// Where the gate stands in the network's code.
    pub source: String,
}

/// Something that no validator checks but that lowers a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Warning {
    /// A name for programs.
    pub name: String,
    pub found: String,
    #[serde(rename = "mend")]
    pub fix: String,
}
