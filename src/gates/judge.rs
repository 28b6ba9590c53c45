//! All gates of a revision, in its order.

use super::cost::cost;
use super::definition::GateDefinition;
use super::finding::Outcome;
use super::gate::judged_gates;
use super::input::GateInput;
use super::result::GateResult;
use crate::domain::Task;
use crate::rules::{GateCodes, Revision, Scorer, short_commit};

/// Judges every gate. The first failure decides; the others are judged as well.
#[must_use]
pub fn judge(input: &GateInput<'_>, revision: &Revision) -> Vec<GateResult> {
    judged_gates(revision, input.task, input.origin)
        .into_iter()
        .map(|gate| {
            let found = (gate.check)(input, revision);
            let failed = found.outcome == Outcome::Fail;
            let wants_fix = failed || found.outcome == Outcome::Warn;
            GateResult {
                gate,
                code: code(&gate, input, revision).map(str::to_owned),
                outcome: found.outcome,
                measured: found.measured,
                limit: found.limit,
                value: found.value.filter(|v| v.is_finite()),
                reason: found.reason,
                cost: failed.then(|| cost(&gate, input, revision)),
                fix: wants_fix
                    .then(|| (gate.fix)(input, &revision.gates))
                    .flatten(),
                source: format!(
                    "{} at {}",
                    source(&gate, input, revision),
                    short_commit(&revision.commit)
                ),
            }
        })
        .collect()
}

/// The fixed code of a failure, where the scorer has codes.
fn code(gate: &GateDefinition, input: &GateInput<'_>, revision: &Revision) -> Option<&'static str> {
    match (revision.scorer.of(input.origin), revision.gates.codes) {
        (Scorer::Competition, _) => gate.codes.competition,
        (_, GateCodes::Codes) => gate.codes.central,
        (_, GateCodes::Sentences) => None,
    }
}

/// The file of the network's code that has the gate.
fn source(gate: &GateDefinition, input: &GateInput<'_>, revision: &Revision) -> &'static str {
    let source = gate.source;
    match (revision.scorer.of(input.origin), input.task) {
        (Scorer::Competition, _) => "vidaio_subnet_core/competition/scoring.py",
        (Scorer::Central, _) => source.central,
        (Scorer::Server, Task::Compress) => source.server_compression.unwrap_or(source.server),
        (Scorer::Server, Task::Upscale) => source.server,
    }
}
