//! From files to the verdict of all gates.

use super::attempt::Attempt;
use super::draws::worst;
use super::files::LintFiles;
use super::record::{LINT_SCHEMA, LintRequest, LintVerdict, Spread};
use crate::domain::{Origin, Task};
use crate::gates::{ClipState, Gate, Warning, judged_gates, warnings};
use crate::measure::{MeasureError, Measurement, Progress};
use crate::rules::{Catalogue, Revision};
use crate::verdict::{
    GateVerdict, Metrics, TaskContext, compression_metrics, input_of, input_of_files, judge_files,
};

/// Judges an output.
///
/// Whatever is wrong with the files or keeps metrics from being measured becomes a gate's verdict;
/// only what would be wrong with this program is an error.
///
/// # Errors
/// Measuring that fails for a reason that no gate names.
pub fn lint(
    request: &LintRequest<'_>,
    revision: &Revision,
    catalogue: &Catalogue,
    progress: &dyn Progress,
) -> Result<LintVerdict, MeasureError> {
    let files = LintFiles::open(request)?;
    let attempt = Attempt::of(request, &files, revision, progress)?;
    let (judged, spread, seed) = judged(request, &files, &attempt, revision);
    let warnings = found_warnings(request, &files, &attempt, revision);
    let s_f_metrics = attempt
        .measurement()
        .and_then(|m| metrics_score(m, request, revision));
    Ok(LintVerdict {
        schema: LINT_SCHEMA.into(),
        vidaio: env!("CARGO_PKG_VERSION").into(),
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        task: request.task,
        origin: request.context.origin,
        reference: request.reference.to_path_buf(),
        output: request.output.to_path_buf(),
        seed,
        passed: judged.passed,
        decided_by: judged.decided_by,
        reason: judged.reason,
        score: judged.score,
        ledger: judged.ledger,
        s_f_metrics,
        gates: judged.results,
        warnings,
        spread,
        live_gates_not_judged: live_elsewhere(revision, catalogue, request),
        measurement: match attempt {
            Attempt::Measured(measurement) => Some(*measurement),
            Attempt::Unmeasured { .. } | Attempt::NotRequested => None,
        },
    })
}

/// The verdict of the worst draw, how all draws spread, and its seed.
fn judged(
    request: &LintRequest<'_>,
    files: &LintFiles,
    attempt: &Attempt,
    revision: &Revision,
) -> (GateVerdict, Option<Spread>, u64) {
    let payload = files.payload.as_ref();
    if let Some(m) = attempt.measurement() {
        let context = TaskContext {
            unreadable_payload: payload.and_then(|payload| payload.why()),
            ..request.context
        };
        let request = LintRequest {
            context,
            ..request.clone()
        };
        return worst(m, &request, revision);
    }
    let payload: Option<ClipState<'_>> = payload.map(|payload| payload.state());
    let context = &request.context;
    let why = attempt.unmeasured();
    let judged = judge_files(request.task, files.pair(), payload, why, revision, context);
    (judged, None, context.seed)
}

fn found_warnings(
    request: &LintRequest<'_>,
    files: &LintFiles,
    attempt: &Attempt,
    revision: &Revision,
) -> Vec<Warning> {
    let context = &request.context;
    let input = match attempt.measurement() {
        Some(m) => input_of(m, &m.vmaf, revision, context, Metrics::default()),
        None => input_of_files(request.task, files.pair(), None, None, revision, context),
    };
    let mut found = warnings(&input);
    if let Some(Err(why)) = &files.original {
        found.push(Warning {
            name: "original".into(),
            found: format!("the original is of no use: {why}"),
            fix: "give the clip that the reference was made from, with as many frames".into(),
        });
    }
    found
}

/// S_f of a compression by the metrics alone, where a threshold was given.
fn metrics_score(m: &Measurement, request: &LintRequest<'_>, revision: &Revision) -> Option<f64> {
    let threshold = request.context.request.threshold?;
    match request.task {
        Task::Compress => compression_metrics(m, revision, threshold).ok(),
        Task::Upscale => None,
    }
}

/// Gates that the network has today and a revision that is no code of a date has not.
fn live_elsewhere(
    revision: &Revision,
    catalogue: &Catalogue,
    request: &LintRequest<'_>,
) -> Vec<Gate> {
    let is_code = revision.from.is_some() || revision.name == catalogue.latest().name;
    if is_code {
        return Vec::new();
    }
    let own = judged_gates(revision, request.task, request.context.origin);
    let dated = catalogue.iter().rfind(|r| r.from.is_some());
    let live = [dated, Some(catalogue.latest())].into_iter().flatten();
    let mut others: Vec<Gate> = Vec::new();
    for gate in live.flat_map(|r| judged_gates(r, request.task, Origin::Synthetic)) {
        if !own.contains(&gate) && !others.contains(&gate) {
            others.push(gate);
        }
    }
    others
}
