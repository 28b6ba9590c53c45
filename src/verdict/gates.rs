//! A measurement before the gates of a revision.

use serde::{Deserialize, Serialize};

use super::pool_run;
use super::rate::rate_of;
use crate::domain::{Origin, Task};
use crate::gates::{
    Claim, ClipState, Gate, GateInput, GateResult, Logged, Outcome, TaskRequest, Unmeasured, judge,
};
use crate::measure::{Measurement, VmafMeasurement};
use crate::rules::{ComparedWith, Revision, Scorer, VmafModel};

/// What is known of a task beside what was measured.
#[derive(Debug, Clone, Copy)]
pub struct TaskContext<'a> {
    pub origin: Origin,
    pub request: &'a TaskRequest,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Other outputs of the batch: name and bytes.
    pub bundle: &'a [(String, u64)],
    /// Other miners' outputs.
    pub against: &'a [Claim],
    /// Why the clip that the miner received cannot be read, where it was given and cannot.
    pub unreadable_payload: Option<&'a str>,
}

impl<'a> TaskContext<'a> {
    /// One output on its own, with nothing known of others.
    #[must_use]
    pub fn alone(origin: Origin, request: &'a TaskRequest, seed: u64) -> Self {
        Self {
            origin,
            request,
            seed,
            bundle: &[],
            against: &[],
            unreadable_payload: None,
        }
    }
}

/// The verdict of all gates together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct GateVerdict {
    pub passed: bool,
    /// The gate that decides: the first that fails.
    pub decided_by: Option<Gate>,
    /// Fixed codes of all failures, where the rules have codes.
    pub codes: Vec<String>,
    /// What the validator would log.
    pub reason: Option<String>,
    /// The score that is recorded instead of the metrics' own.
    pub score: Option<f64>,
    /// What enters the standing instead.
    pub ledger: Option<f64>,
    /// Every gate, in the validator's order.
    pub results: Vec<GateResult>,
}

impl GateVerdict {
    /// The gate that takes the score away, if one does.
    #[must_use]
    pub fn zeroed_by(&self) -> Option<Gate> {
        self.decided_by.filter(|_| self.score.is_some())
    }

    fn of(results: Vec<GateResult>, input: &GateInput<'_>, revision: &Revision) -> Self {
        let failed = || results.iter().filter(|r| r.outcome == Outcome::Fail);
        let first = failed().next();
        let collects = revision.scorer.of(input.origin) == Scorer::Server;
        let together = |gate: Gate| {
            collects
                && match gate.logged {
                    Logged::Alone => false,
                    Logged::WithEncoding => true,
                    Logged::WithEncodingOfCompression => input.task == Task::Compress,
                }
        };
        let reason = first.map(|first| {
            if together(first.gate) {
                let all: Vec<&str> = failed()
                    .filter(|r| together(r.gate))
                    .filter_map(|r| r.reason.as_deref())
                    .collect();
                format!("invalid encoding settings: {}", all.join("; "))
            } else {
                first.reason.clone().unwrap_or_default()
            }
        });
        Self {
            passed: first.is_none(),
            decided_by: first.map(|r| r.gate),
            codes: failed().filter_map(|r| r.code.clone()).collect(),
            reason,
            score: first.and_then(|r| r.cost?.score),
            ledger: match first {
                Some(first) => first.cost.and_then(|cost| cost.ledger),
                // A file that is not smaller costs ten whatever its score.
                None => not_smaller(input, revision),
            },
            results,
        }
    }
}

/// What enters the standing for a synthetic compression that is not smaller than its input.
fn not_smaller(input: &GateInput<'_>, revision: &Revision) -> Option<f64> {
    let counts = input.task == Task::Compress && input.origin == Origin::Synthetic;
    revision
        .ledger
        .not_smaller
        .filter(|_| counts && input.rate.is_some_and(|rate| rate >= 1.0))
}

/// Judges a pair of which nothing but the files themselves is known.
#[must_use]
pub fn judge_files(
    task: Task,
    files: [ClipState<'_>; 2],
    payload: Option<ClipState<'_>>,
    unmeasured: Option<Unmeasured<'_>>,
    revision: &Revision,
    context: &TaskContext<'_>,
) -> GateVerdict {
    let input = input_of_files(task, files, payload, unmeasured, revision, context);
    GateVerdict::of(judge(&input, revision), &input, revision)
}

/// Gate input from the files alone; `unmeasured` says why there are no metrics.
#[must_use]
pub fn input_of_files<'a>(
    task: Task,
    [reference, output]: [ClipState<'a>; 2],
    payload: Option<ClipState<'a>>,
    unmeasured: Option<Unmeasured<'a>>,
    revision: &Revision,
    context: &TaskContext<'a>,
) -> GateInput<'a> {
    let rate = match (reference.facts(), output.facts(), &revision.compression) {
        (Some(a), Some(b), Some(rules)) if task == Task::Compress => {
            Some(rate_of(rules.rate, b, a))
        }
        _ => None,
    };
    GateInput {
        task,
        origin: context.origin,
        request: context.request,
        reference,
        output,
        payload,
        vmaf: None,
        base: None,
        neg: None,
        unmeasured,
        pieapp: None,
        rate,
        score: None,
        frames: &[],
        vmaf_frames: &[],
        sampled: None,
        audio: None,
        original: None,
        alignment: None,
        bundle: context.bundle,
        against: context.against,
        seed: context.seed,
    }
}

/// What the metrics made of a measurement.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metrics {
    /// PIE-APP, where it was measured.
    pub pieapp: Option<f64>,
    /// Score by the metrics alone.
    pub score: Option<f64>,
}

/// Gate input from a measurement, with one run of VMAF.
#[must_use]
pub fn input_of<'a>(
    m: &'a Measurement,
    run: &'a VmafMeasurement,
    revision: &Revision,
    context: &TaskContext<'a>,
    metrics: Metrics,
) -> GateInput<'a> {
    let side = |facts, frames| ClipState::Video { facts, frames };
    let evidence = m.gates.as_ref();
    let read = evidence.and_then(|e| Some(side(e.payload.as_ref()?, e.payload_frames?)));
    let broken = context
        .unreadable_payload
        .map(|why| ClipState::Unreadable { why, empty: false });
    let payload = read.or(broken);
    let sides = [
        side(&m.reference, m.reference_frames),
        side(&m.distorted, m.distorted_frames),
    ];
    let mut input = input_of_files(m.task, sides, payload, None, revision, context);
    let rules = match m.task {
        Task::Upscale => Some(revision.upscaling.vmaf),
        Task::Compress => revision.compression.as_ref().map(|c| c.vmaf),
    };
    if let Some(rules) = &rules {
        let pooled = |run: &VmafMeasurement, model| {
            pool_run(run, model, rules, revision).ok().map(|p| p.value)
        };
        input.vmaf = pooled(run, rules.model);
        let compared = match (m.task, revision.gates.delta_against) {
            (Task::Upscale, ComparedWith::Payload) => {
                evidence.and_then(|e| e.payload_vmaf.as_ref())
            }
            _ => Some(run),
        };
        input.base = compared.and_then(|run| pooled(run, VmafModel::Base));
        input.neg = compared.and_then(|run| pooled(run, VmafModel::Neg));
    }
    input.pieapp = metrics.pieapp;
    input.score = metrics.score;
    input.vmaf_frames = &run.frames;
    if let Some(evidence) = evidence {
        input.frames = &evidence.frames;
        input.sampled = evidence.sampled.as_ref();
        input.audio = evidence.audio.as_ref();
        input.original = evidence.original.as_ref();
        input.alignment = evidence.alignment.as_ref();
    }
    input
}

/// Judges a measurement by one run of VMAF.
#[must_use]
pub fn judge_measured(
    m: &Measurement,
    run: &VmafMeasurement,
    revision: &Revision,
    context: &TaskContext<'_>,
    metrics: Metrics,
) -> GateVerdict {
    let input = input_of(m, run, revision, context, metrics);
    GateVerdict::of(judge(&input, revision), &input, revision)
}
