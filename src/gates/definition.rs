//! What a gate is: its check and everything that is known about it, in one value.

use super::attributes::{Codes, Evidence, GateClass, Logged, Records, ScoreReason, Source};
use super::finding::Finding;
use super::input::GateInput;
use crate::rules::{GateRules, Revision};
use crate::scoring::CompressionReason;

/// One gate: a check that turns a score into 0, -1 or -100.
///
/// Each file of this room ends with the definitions of its gates; a revision names them in the order in
/// which its scorer applies them.
#[non_exhaustive]
pub struct GateDefinition {
    /// Name in the rules and in results.
    pub id: &'static str,
    /// What it checks, in one sentence.
    pub about: &'static str,
    /// Fixed codes of its failure.
    pub codes: Codes,
    /// Where it stands in the network's code.
    pub source: Source,
    /// What a failure says about the output.
    pub class: GateClass,
    /// What is recorded for a failed compression.
    pub records: Records,
    /// How a scorer logs its failure.
    pub logged: Logged,
    /// Why a compression that it fails scores 0.
    pub score_reason: ScoreReason,
    /// What has to be measured before it can be judged, given the limits of a revision.
    pub(super) evidence: fn(&GateRules) -> Evidence,
    pub(super) check: fn(&GateInput<'_>, &Revision) -> Finding,
    /// How to fix what it found, with the FFmpeg option where there is one.
    pub(super) fix: fn(&GateInput<'_>, &GateRules) -> Option<String>,
}

impl GateDefinition {
    /// A gate of the scoring server and the central scorer that needs the files alone, whose failure
    /// is recorded as nothing and has neither code nor fix.
    pub(super) const fn new(
        id: &'static str,
        about: &'static str,
        check: fn(&GateInput<'_>, &Revision) -> Finding,
    ) -> Self {
        Self {
            id,
            about,
            codes: Codes::NONE,
            source: Source::USUAL,
            class: GateClass::Encoding,
            records: Records::Nothing,
            logged: Logged::Alone,
            score_reason: ScoreReason::Gate(CompressionReason::Gate),
            evidence: |_| Evidence::None,
            check,
            fix: |_, _| None,
        }
    }

    /// What has to be measured before it can be judged under a revision.
    #[must_use]
    pub fn evidence(&self, rules: &GateRules) -> Evidence {
        (self.evidence)(rules)
    }
}
