//! What a gate says.

use serde::{Deserialize, Serialize};

use crate::rules::Gate;

/// Whether a gate lets an answer through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// It does.
    Pass,
    /// It does, but narrowly or with a loss.
    Warn,
    /// It does not.
    Fail,
    /// There is nothing to check for this answer.
    NotApplicable,
    /// What it looks at is not known here.
    NotJudged,
}

impl Outcome {
    /// The word that tables show.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
            Self::NotApplicable => "n/a",
            Self::NotJudged => "not judged",
        }
    }
}

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
    /// The gate.
    pub gate: Gate,
    /// The fixed code that names its failure, where the rules have codes.
    pub code: Option<String>,
    /// Whether it lets the answer through.
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
    /// How to mend it; of a failure or a warning.
    pub mend: Option<String>,
    /// Where the gate stands in the network's code.
    pub source: String,
}

/// Something that no validator checks but that lowers a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Warning {
    /// A name for programs.
    pub name: String,
    /// What was found.
    pub found: String,
    /// What to do.
    pub mend: String,
}

/// What one check found, before it is dressed up.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    pub(super) measured: String,
    pub(super) limit: String,
    pub(super) value: Option<f64>,
    pub(super) reason: Option<String>,
}

impl Finding {
    pub(super) fn new(
        outcome: Outcome,
        measured: impl Into<String>,
        limit: impl Into<String>,
    ) -> Self {
        Self {
            outcome,
            measured: measured.into(),
            limit: limit.into(),
            value: None,
            reason: None,
        }
    }

    /// Pass or fail with the reason that is logged.
    pub(super) fn either(
        passed: bool,
        measured: impl Into<String>,
        limit: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        if passed {
            Self::new(Outcome::Pass, measured, limit)
        } else {
            Self {
                reason: Some(reason.into()),
                ..Self::new(Outcome::Fail, measured, limit)
            }
        }
    }

    pub(super) fn not_applicable(why: impl Into<String>) -> Self {
        Self::new(Outcome::NotApplicable, why, "")
    }

    pub(super) fn not_judged(why: impl Into<String>, limit: impl Into<String>) -> Self {
        Self::new(Outcome::NotJudged, why, limit)
    }

    pub(super) fn value(mut self, value: f64) -> Self {
        self.value = Some(value);
        self
    }

    /// Turns a pass into a warning.
    pub(super) fn warn_if(mut self, narrow: bool) -> Self {
        if narrow && self.outcome == Outcome::Pass {
            self.outcome = Outcome::Warn;
        }
        self
    }
}
