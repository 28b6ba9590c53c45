//! What one check of a gate finds.

use serde::{Deserialize, Serialize};

use super::input::GateInput;

/// Whether a gate lets an output through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    Pass,
    /// It does, but narrowly or with a loss.
    Warn,
    Fail,
    /// There is nothing to check for this output.
    NotApplicable,
    /// What it needs is not known here.
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

/// What one check found, without the gate it belongs to.
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

    /// A file could not be read, which another gate reports.
    pub(super) fn unreadable() -> Self {
        Self::not_judged("a file cannot be read", "")
    }

    /// The frames that the check needs were not measured.
    pub(super) fn unseen(input: &GateInput<'_>) -> Self {
        let why = input
            .unmeasured
            .map_or("the pictures were not looked at", |unmeasured| {
                unmeasured.why
            });
        Self::not_judged(why, "")
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
