//! A measurement before the gates of a revision.

use serde::Serialize;

use super::{pool_run, vmaf_for};
use crate::domain::{Origin, Task};
use crate::gates::{Claim, Facts, GateResult, Outcome, Request, Side, Unmeasured, judge};
use crate::measure::{Measurement, VmafMeasurement};
use crate::rules::{Gate, GateCodes, Revision, VmafModel};
use crate::scoring::{ScoringError, compression_rules};

/// What is asked of the gates beside what was measured.
#[derive(Debug, Clone, Copy)]
pub struct GateAsk<'a> {
    /// Where the task comes from.
    pub origin: Origin,
    /// What was asked for.
    pub request: &'a Request,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Other answers of the batch: name and bytes.
    pub bundle: &'a [(String, u64)],
    /// Other miners' answers.
    pub against: &'a [Claim],
    /// Why the clip that the miner received cannot be read, where it was given and cannot.
    pub unreadable_payload: Option<&'a str>,
}

impl<'a> GateAsk<'a> {
    /// About one answer on its own, with nothing known of others.
    #[must_use]
    pub fn alone(origin: Origin, request: &'a Request, seed: u64) -> Self {
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

/// What all gates together say.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct GateVerdict {
    /// Whether no gate fails.
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

/// Gates whose failures are collected into one reason.
const ENCODING: [Gate; 9] = [
    Gate::Bitrate,
    Gate::FrameRate,
    Gate::Resolution,
    Gate::Codec,
    Gate::Container,
    Gate::Profile,
    Gate::SampleAspect,
    Gate::PixelFormat,
    Gate::ColorTags,
];

impl GateVerdict {
    /// The gate that takes the score away, if one does.
    #[must_use]
    pub fn zeroed_by(&self) -> Option<Gate> {
        self.decided_by.filter(|_| self.score.is_some())
    }

    fn of(results: Vec<GateResult>, facts: &Facts<'_>, revision: &Revision) -> Self {
        let failed = || results.iter().filter(|r| r.outcome == Outcome::Fail);
        let first = failed().next();
        // An upscaling's size is a check of its own; everything else here is one check.
        let together = |gate: Gate| {
            ENCODING.contains(&gate)
                && (gate != Gate::Resolution || facts.task == Task::Compress)
                && facts.origin != Origin::Competition
                && revision.gates.codes == GateCodes::Sentences
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
                None => not_smaller(facts, revision),
            },
            results,
        }
    }
}

/// An answer as a validator compares it with others by its metrics.
///
/// # Errors
/// A revision without compressions, or a measurement without what it scores.
pub fn claim_of(
    m: &Measurement,
    who: String,
    revision: &Revision,
    threshold: f64,
) -> Result<Claim, ScoringError> {
    let rules = compression_rules(revision)?;
    let (run, _) = vmaf_for(m, &rules.vmaf);
    let pooled = |model| pool_run(run, model, &rules.vmaf, revision).map(|p| p.value);
    let request = Request {
        threshold: threshold.is_finite().then_some(threshold),
        ..Request::default()
    };
    let ask = GateAsk::alone(Origin::Synthetic, &request, m.backend.seed);
    // An answer that scores nothing claims nothing.
    let metrics = super::compression::metrics_of_run(m, run, revision, threshold);
    let gates = judge_measured(m, run, revision, &ask, Metrics::default());
    let score = match (gates.score, metrics) {
        (Some(zeroed), _) => zeroed,
        (None, Ok(score)) => score,
        (None, Err(_)) => 1.0,
    };
    Ok(Claim {
        who,
        // Only answers to one clip are compared; which clip it is, the caller vouches for.
        clip: "the clip".into(),
        vmaf: pooled(rules.vmaf.model)?,
        base: pooled(VmafModel::Base).ok(),
        threshold,
        rate: super::compression::rate_of_bytes(rules.rate, m.distorted.bytes, m.reference.bytes),
        score,
    })
}

/// What enters the standing for a synthetic compression that is not smaller than its input.
fn not_smaller(facts: &Facts<'_>, revision: &Revision) -> Option<f64> {
    let counts = facts.task == Task::Compress && facts.origin == Origin::Synthetic;
    revision
        .ledger
        .not_smaller
        .filter(|_| counts && facts.rate.is_some_and(|rate| rate >= 1.0))
}

/// Judges a pair of which nothing but the files themselves is known.
#[must_use]
pub fn judge_files(
    task: Task,
    files: [Side<'_>; 2],
    payload: Option<Side<'_>>,
    unmeasured: Option<Unmeasured<'_>>,
    revision: &Revision,
    ask: &GateAsk<'_>,
) -> GateVerdict {
    let facts = facts_of_files(task, files, payload, unmeasured, revision, ask);
    GateVerdict::of(judge(&facts, revision), &facts, revision)
}

/// Facts of the files alone; `unmeasured` says why there are no metrics.
#[must_use]
pub fn facts_of_files<'a>(
    task: Task,
    [reference, output]: [Side<'a>; 2],
    payload: Option<Side<'a>>,
    unmeasured: Option<Unmeasured<'a>>,
    revision: &Revision,
    ask: &GateAsk<'a>,
) -> Facts<'a> {
    let rate = match (reference.facts(), output.facts(), &revision.compression) {
        (Some(a), Some(b), Some(rules)) if task == Task::Compress => Some(
            super::compression::rate_of_bytes(rules.rate, b.bytes, a.bytes),
        ),
        _ => None,
    };
    Facts {
        task,
        origin: ask.origin,
        request: ask.request,
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
        sound: None,
        original: None,
        alignment: None,
        bundle: ask.bundle,
        against: ask.against,
        seed: ask.seed,
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

/// Facts of a measurement, with one run of VMAF.
#[must_use]
pub fn facts_of<'a>(
    m: &'a Measurement,
    run: &'a VmafMeasurement,
    revision: &Revision,
    ask: &GateAsk<'a>,
    metrics: Metrics,
) -> Facts<'a> {
    let side = |facts, frames| Side::Video { facts, frames };
    let evidence = m.gates.as_ref();
    let read = evidence.and_then(|e| Some(side(e.payload.as_ref()?, e.payload_frames?)));
    let broken = ask
        .unreadable_payload
        .map(|why| Side::Unreadable { why, empty: false });
    let payload = read.or(broken);
    let sides = [
        side(&m.reference, m.reference_frames),
        side(&m.distorted, m.distorted_frames),
    ];
    let mut facts = facts_of_files(m.task, sides, payload, None, revision, ask);
    let rules = match m.task {
        Task::Upscale => Some(revision.upscaling.vmaf),
        Task::Compress => revision.compression.as_ref().map(|c| c.vmaf),
    };
    if let Some(rules) = &rules {
        let pooled = |run: &VmafMeasurement, model| {
            pool_run(run, model, rules, revision).ok().map(|p| p.value)
        };
        facts.vmaf = pooled(run, rules.model);
        // `next` compares the models against what the miner received.
        let compared = match (m.task, revision.gates.codes) {
            (Task::Upscale, GateCodes::Codes) => evidence.and_then(|e| e.payload_vmaf.as_ref()),
            _ => Some(run),
        };
        facts.base = compared.and_then(|run| pooled(run, VmafModel::Base));
        facts.neg = compared.and_then(|run| pooled(run, VmafModel::Neg));
    }
    facts.pieapp = metrics.pieapp;
    facts.score = metrics.score;
    facts.vmaf_frames = &run.frames;
    if let Some(evidence) = evidence {
        facts.frames = &evidence.frames;
        facts.sampled = evidence.sampled.as_ref();
        facts.sound = evidence.sound.as_ref();
        facts.original = evidence.original.as_ref();
        facts.alignment = evidence.alignment.as_ref();
    }
    facts
}

/// Judges a measurement by one run of VMAF.
#[must_use]
pub fn judge_measured(
    m: &Measurement,
    run: &VmafMeasurement,
    revision: &Revision,
    ask: &GateAsk<'_>,
    metrics: Metrics,
) -> GateVerdict {
    let facts = facts_of(m, run, revision, ask, metrics);
    GateVerdict::of(judge(&facts, revision), &facts, revision)
}
