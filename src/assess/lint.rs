//! Every gate of a revision for one answer, whether it can be measured or not.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::plan::{FrameChoice, Wanted, plan};
use super::score::side;
use super::watch::watch_for;
use crate::domain::{Origin, Task};
use crate::gates::{Fault, GateResult, Outcome, Side, Unmeasured, Warning, judged_gates, warnings};
use crate::measure::{MeasureError, Measurement, Models, Progress, VmafMeasurement, measure};
use crate::media::{FrameIndex, MediaError, index_frames};
use crate::rules::{Catalogue, Gate, Revision};
use crate::scoring::ScoringError;
use crate::verdict::{
    GateAsk, GateVerdict, Metrics, compression_metrics, facts_of, facts_of_files, judge_files,
    judge_measured,
};

/// Value of the `schema` field.
pub const LINT_SCHEMA: &str = "vidaio.lint/1";

/// What is linted, and how.
#[derive(Debug, Clone)]
pub struct LintRequest<'a> {
    /// The task.
    pub task: Task,
    /// What the output is compared with.
    pub reference: &'a Path,
    /// The output.
    pub output: &'a Path,
    /// The clip that the miner received, where it is not the reference.
    pub payload: Option<&'a Path>,
    /// The original behind the reference.
    pub original: Option<&'a Path>,
    /// What is asked of the gates.
    pub ask: GateAsk<'a>,
    /// Whether metrics are measured; without, only the files themselves are judged.
    pub measured: bool,
    /// Draws of everything random.
    pub draws: u32,
    /// Threads.
    pub threads: u32,
    /// MiB.
    pub memory: u64,
}

/// How one gate fares over all draws.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct SpreadGate {
    /// The gate.
    pub gate: Gate,
    /// Share of draws in which it fails.
    pub failed: f64,
}

/// How an answer fares over many draws of what validators draw at random.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Spread {
    /// Number of draws.
    pub draws: u32,
    /// Share of draws in which a gate fails.
    pub failed: f64,
    /// Seed of the worst draw, which is the one that is shown.
    pub worst_seed: u64,
    /// Gates that fail in some draw.
    pub gates: Vec<SpreadGate>,
}

/// What lint says.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct LintVerdict {
    /// [`LINT_SCHEMA`].
    pub schema: String,
    /// Version of this program.
    pub vidaio: String,
    /// The revision.
    pub rules: String,
    /// Its source commit.
    pub rules_commit: String,
    /// The task.
    pub task: Task,
    /// Where it comes from.
    pub origin: Origin,
    /// The reference as it was named.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub reference: PathBuf,
    /// The output as it was named.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub output: PathBuf,
    /// Seed of what is drawn.
    pub seed: u64,
    /// Whether no gate fails.
    pub passed: bool,
    /// The gate that decides: the first that fails.
    pub decided_by: Option<Gate>,
    /// What the validator would log.
    pub reason: Option<String>,
    /// Score that is recorded because of it.
    pub score: Option<f64>,
    /// What enters the standing because of it.
    pub ledger: Option<f64>,
    /// S_f of a compression by the metrics alone, where a threshold was given.
    pub s_f_metrics: Option<f64>,
    /// Every gate, in the validator's order.
    pub gates: Vec<GateResult>,
    /// What no validator checks but what lowers a score.
    pub warnings: Vec<Warning>,
    /// Many draws instead of one.
    pub spread: Option<Spread>,
    /// Gates of the live network that these rules do not have.
    pub live_gates_not_judged: Vec<Gate>,
    /// What was measured.
    pub measurement: Option<Measurement>,
}

/// Judges an answer.
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
    let paths = [
        Some(request.reference),
        Some(request.output),
        request.payload,
    ];
    let indexed = paths.map(|path| path.map(index_frames));
    // What cannot be read for want of memory says nothing of the file.
    for found in indexed.iter().flatten() {
        if let Err(e) = found
            && e.is_for_want_of_memory()
        {
            return Err(e.clone().into());
        }
    }
    let words = indexed.each_ref().map(|found| {
        found
            .as_ref()
            .and_then(|f| f.as_ref().err().map(MediaError::to_string))
    });
    let sides: Vec<Option<Side<'_>>> = indexed
        .iter()
        .zip(&words)
        .map(|(found, word)| match (found, word) {
            (Some(Ok(index)), _) => Some(side(index)),
            (Some(Err(e)), Some(word)) => Some(Side::Unreadable {
                why: word,
                empty: matches!(e, MediaError::Empty { .. }),
            }),
            _ => None,
        })
        .collect();
    let missing = Side::Unreadable {
        why: "not given",
        empty: false,
    };
    let (reference, output) = (sides[0].unwrap_or(missing), sides[1].unwrap_or(missing));
    let payload = sides[2];
    let [first, second, third] = &indexed;
    let readable = |found: &Option<Result<FrameIndex, MediaError>>| !matches!(found, Some(Err(_)));
    let original = request.original.map(|path| original(path, second));
    let measured = if request.measured && readable(first) && readable(second) {
        // A payload or an original that is of no use keeps nothing else from being measured.
        let usable = LintRequest {
            payload: request.payload.filter(|_| readable(third)),
            original: request
                .original
                .filter(|_| matches!(original, Some(Ok(())))),
            ..request.clone()
        };
        measured(&usable, revision, progress)?
    } else {
        let why = if request.measured {
            "a file cannot be read"
        } else {
            "metrics were not asked for"
        };
        Measured::Not(why.to_owned(), Fault::Pair)
    };
    let files = [reference, output];
    let (judged, spread, seed) = match &measured {
        Measured::Yes(m) => {
            let mut request = request.clone();
            request.ask.unreadable_payload = words[2].as_deref();
            worst(m, &request, revision)
        }
        Measured::Not(why, fault) => {
            let why = request
                .measured
                .then_some(Unmeasured { why, fault: *fault });
            let judged = judge_files(request.task, files, payload, why, revision, &request.ask);
            (judged, None, request.ask.seed)
        }
    };
    let mut found = warnings(&match &measured {
        Measured::Yes(m) => facts_of(m, &m.vmaf, revision, &request.ask, Metrics::default()),
        Measured::Not(..) => {
            facts_of_files(request.task, files, None, None, revision, &request.ask)
        }
    });
    if let Some(Err(why)) = original {
        found.push(Warning {
            name: "original".into(),
            found: format!("the original is of no use: {why}"),
            mend: "give the clip that the reference was made from, with as many frames".into(),
        });
    }
    let measurement = match measured {
        Measured::Yes(m) => Some(*m),
        Measured::Not(..) => None,
    };
    let s_f_metrics = match (&measurement, request.ask.request.threshold) {
        (Some(m), Some(threshold)) if request.task == Task::Compress => {
            compression_metrics(m, revision, threshold).ok()
        }
        _ => None,
    };
    Ok(LintVerdict {
        schema: LINT_SCHEMA.into(),
        vidaio: env!("CARGO_PKG_VERSION").into(),
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        task: request.task,
        origin: request.ask.origin,
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
        warnings: found,
        spread,
        live_gates_not_judged: live_elsewhere(revision, catalogue, request),
        measurement,
    })
}

enum Measured {
    Yes(Box<Measurement>),
    Not(String, Fault),
}

/// Whether an original can be compared with an output.
fn original(path: &Path, output: &Option<Result<FrameIndex, MediaError>>) -> Result<(), String> {
    let original = index_frames(path).map_err(|e| e.to_string())?;
    let Some(Ok(output)) = output else {
        return Ok(());
    };
    let of = |index: &FrameIndex| (index.facts.width, index.facts.height, index.frames);
    if of(&original) == of(output) {
        return Ok(());
    }
    let text = |(width, height, frames)| format!("{width}x{height} with {frames} frames");
    Err(format!(
        "{}, the output is {}",
        text(of(&original)),
        text(of(output))
    ))
}

/// Measures what can be measured; what a gate names is no error.
fn measured(
    request: &LintRequest<'_>,
    revision: &Revision,
    progress: &dyn Progress,
) -> Result<Measured, MeasureError> {
    let mut watch = watch_for(
        revision,
        request.task,
        request.ask.origin,
        request.payload,
        request.original,
    );
    watch.alignment = true;
    let wanted = Wanted {
        task: request.task,
        reference: request.reference,
        distorted: request.output,
        frames: &FrameChoice::Validator,
        native: false,
        models: Models::Both,
        draws: u64::from(request.draws.max(1)),
        threads: request.threads,
        memory: request.memory,
        seed: request.ask.seed,
        watch,
    };
    let mut plan = plan(&wanted, revision, &[]);
    // The gates count frames; what can be compared is compared all the same.
    plan.frame_tolerance = u64::MAX;
    plan.fewest_frames = 1;
    plan.pieapp.clear();
    // A task that the revision does not have, or a competition, has every frame measured.
    if plan.vmaf.is_empty() || request.ask.origin == Origin::Competition {
        plan.vmaf = vec![crate::measure::VmafWish {
            frames: crate::measure::FrameWish::Path(crate::rules::FramePath::All),
            seed: request.ask.seed,
        }];
    }
    match measure(&plan, None, progress) {
        Ok(measured) => Ok(Measured::Yes(Box::new(measured.measurement))),
        Err(e) if e.is_out_of_memory() => Err(e),
        Err(MeasureError::Media(e)) => {
            let fault = match e.damaged() {
                Some(path) if path == request.output => Fault::DamagedOutput,
                Some(_) => Fault::DamagedSource,
                None => Fault::Pair,
            };
            Ok(Measured::Not(e.to_string(), fault))
        }
        Err(
            e @ (MeasureError::Vmaf(_)
            | MeasureError::SizesDiffer { .. }
            | MeasureError::TooFewFrames { .. }
            | MeasureError::FrameCountsDiffer { .. }
            | MeasureError::Scoring(ScoringError::NoFrames)),
        ) => Ok(Measured::Not(e.to_string(), Fault::Pair)),
        Err(e) => Err(e),
    }
}

/// Judges every draw and gives the worst: one that fails before one that passes, then by the lowest
/// VMAF.
fn worst(
    m: &Measurement,
    request: &LintRequest<'_>,
    revision: &Revision,
) -> (GateVerdict, Option<Spread>, u64) {
    let runs: Vec<&VmafMeasurement> = std::iter::once(&m.vmaf).chain(&m.other_vmaf).collect();
    let mut verdicts = Vec::new();
    for draw in 0..u64::from(request.draws.max(1)) {
        let run = runs[(draw % runs.len() as u64) as usize];
        let ask = GateAsk {
            seed: request.ask.seed.wrapping_add(draw),
            ..request.ask
        };
        let metrics = Metrics {
            pieapp: None,
            score: request
                .ask
                .request
                .threshold
                .and_then(|t| compression_metrics(m, revision, t).ok()),
        };
        verdicts.push((judge_measured(m, run, revision, &ask, metrics), ask.seed));
    }
    let vmaf = |verdict: &GateVerdict| {
        let floor = |r: &&GateResult| matches!(r.gate, Gate::VmafFloor | Gate::VmafThreshold);
        verdict
            .results
            .iter()
            .find(floor)
            .and_then(|r| r.value)
            .unwrap_or(f64::MAX)
    };
    let spread = (request.draws > 1).then(|| {
        let share = |failed: usize| failed as f64 / verdicts.len() as f64;
        let failing = |gate: Gate| {
            verdicts
                .iter()
                .filter(|(v, _)| {
                    v.results
                        .iter()
                        .any(|r| r.gate == gate && r.outcome == Outcome::Fail)
                })
                .count()
        };
        let gates = judged_gates(revision, request.task, request.ask.origin)
            .iter()
            .map(|gate| (*gate, failing(*gate)))
            .filter(|(_, failed)| *failed > 0)
            .map(|(gate, failed)| SpreadGate {
                gate,
                failed: share(failed),
            })
            .collect();
        (
            share(verdicts.iter().filter(|(v, _)| !v.passed).count()),
            gates,
        )
    });
    let order = |(a, _): &(GateVerdict, u64), (b, _): &(GateVerdict, u64)| {
        a.passed.cmp(&b.passed).then(vmaf(a).total_cmp(&vmaf(b)))
    };
    let at = (0..verdicts.len())
        .min_by(|i, j| order(&verdicts[*i], &verdicts[*j]))
        .unwrap_or(0);
    let (verdict, seed) = verdicts.swap_remove(at);
    let spread = spread.map(|(failed, gates)| Spread {
        draws: request.draws,
        failed,
        worst_seed: seed,
        gates,
    });
    (verdict, spread, seed)
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
    let own = judged_gates(revision, request.task, request.ask.origin);
    let dated = catalogue.iter().rfind(|r| r.from.is_some());
    let live = [dated, Some(catalogue.latest())].into_iter().flatten();
    let mut others: Vec<Gate> = Vec::new();
    for gate in live.flat_map(|r| judged_gates(r, request.task, Origin::Synthetic)) {
        if !own.contains(gate) && !others.contains(gate) {
            others.push(*gate);
        }
    }
    others
}
