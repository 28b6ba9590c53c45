//! Compression: S_f of a measurement.

use crate::domain::{CompressionRate, Task, Vmaf};
use serde::{Deserialize, Serialize};

use super::gates::{GateVerdict, Metrics, TaskContext, judge_measured};
use super::rate::rate_of;
use super::{Also, Pooled, SCORE_SCHEMA, pool_run, same_pictures, vmaf_for, vmaf_note};
use crate::gates::{Gate, GateResult, Outcome, ScoreReason};
use crate::measure::{Measurement, VmafMeasurement};
use crate::rules::{RateRule, Revision, VmafModel, spelled};
use crate::scoring::{
    CompressionInput, CompressionReason, CompressionScore, ScoringError, compression_rules,
    compression_score,
};

/// S_f with all it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct CompressionVerdict {
    pub schema: String,
    /// Always `compress`.
    pub task: Task,
    /// The revision that made every number here.
    pub rules: String,
    pub rules_commit: String,
    /// The score, 0 to 1: 0 where a gate fails.
    pub s_f: f64,
    /// What the metrics alone give.
    pub s_f_metrics: f64,
    /// Component of the size, before its weight.
    pub compression_component: f64,
    /// Component of the quality, before its weight.
    pub quality_component: f64,
    /// Output bytes over reference bytes, as the revision takes it.
    pub compression_rate: f64,
    /// One over the rate.
    pub ratio: f64,
    pub reference_bytes: u64,
    pub output_bytes: u64,
    /// Threshold asked for, in VMAF points.
    pub threshold: f64,
    /// VMAF as the revision pools it.
    pub vmaf: f64,
    /// Model of that value.
    pub vmaf_model: VmafModel,
    /// Pooling of that value.
    pub vmaf_pooling: String,
    pub reason: CompressionReason,
    pub reason_text: String,
    pub gates: GateVerdict,
    /// Whether the measurement is what this revision measures.
    pub exact: bool,
    pub also: Vec<Also>,
    pub measurement: Measurement,
}

struct Judged {
    score: CompressionScore,
    /// Score by the metrics alone.
    metrics: f64,
    vmaf: Pooled,
    rate: f64,
    gates: GateVerdict,
    /// Gates whose frames were not measured.
    open: Vec<Gate>,
    exact: bool,
}

/// The score that a VMAF and a rate would have by the metrics alone; 0 where the revision has no such
/// task or the values make no sense. For predictions: what is measured is judged.
#[must_use]
pub fn predicted_score(
    revision: &Revision,
    Vmaf(vmaf): Vmaf,
    CompressionRate(rate): CompressionRate,
    Vmaf(threshold): Vmaf,
) -> f64 {
    let Ok(rules) = compression_rules(revision) else {
        return 0.0;
    };
    let input = CompressionInput {
        vmaf: vmaf.clamp(0.0, 100.0),
        rate: match rules.rate {
            RateRule::AtMostOne => rate.min(1.0),
            RateRule::AsIs => rate,
        },
        threshold,
    };
    compression_score(rules.formula, rules.constants, input).map_or(0.0, |score| score.s_f)
}

/// Scores one run of VMAF by the metrics alone: the score, the VMAF and the rate it comes from.
fn by_metrics(
    m: &Measurement,
    run: &VmafMeasurement,
    revision: &Revision,
    threshold: f64,
) -> Result<(CompressionScore, Pooled, f64), ScoringError> {
    let rules = compression_rules(revision)?;
    let vmaf = pool_run(run, rules.vmaf.model, &rules.vmaf, revision)?;
    let rate = rate_of(rules.rate, &m.distorted, &m.reference);
    let input = CompressionInput {
        vmaf: vmaf.value,
        rate,
        threshold,
    };
    let score = compression_score(rules.formula, rules.constants, input)?;
    Ok((score, vmaf, rate))
}

/// Scores one run of VMAF under a revision, gates included.
fn score_run(
    m: &Measurement,
    run: &VmafMeasurement,
    revision: &Revision,
    threshold: f64,
    context: &TaskContext<'_>,
) -> Result<Judged, ScoringError> {
    let (mut score, vmaf, rate) = by_metrics(m, run, revision, threshold)?;
    let metrics = score.s_f;
    let known = Metrics {
        pieapp: None,
        score: Some(metrics),
    };
    let gates = judge_measured(m, run, revision, context, known);
    if let Some(zeroed) = gates.score {
        match gates.decided_by.map(|gate| gate.score_reason) {
            // The formula gives the reason itself.
            Some(ScoreReason::Formula) if metrics <= 0.0 => {}
            Some(ScoreReason::Gate(reason)) => score.reason = reason,
            Some(ScoreReason::Formula) | None => score.reason = CompressionReason::Gate,
        }
        score.s_f = zeroed;
    }
    // A gate whose frames were not measured leaves the score open.
    let open = |result: &GateResult| {
        result.outcome == Outcome::NotJudged
            && result.gate.evidence(&revision.gates).leaves_score_open()
    };
    let open: Vec<Gate> = gates
        .results
        .iter()
        .filter(|r| open(r))
        .map(|r| r.gate)
        .collect();
    let exact = gates.score.is_some() || open.is_empty();
    Ok(Judged {
        score,
        metrics,
        vmaf,
        rate,
        gates,
        open,
        exact,
    })
}

/// S_f of one run by the metrics alone.
pub(super) fn metrics_of_run(
    m: &Measurement,
    run: &VmafMeasurement,
    revision: &Revision,
    threshold: f64,
) -> Result<f64, ScoringError> {
    Ok(by_metrics(m, run, revision, threshold)?.0.s_f)
}

/// S_f by the metrics alone.
///
/// # Errors
/// A revision without the task, or values that have no score.
pub fn compression_metrics(
    m: &Measurement,
    revision: &Revision,
    threshold: f64,
) -> Result<f64, ScoringError> {
    let (run, _) = vmaf_for(m, &compression_rules(revision)?.vmaf);
    metrics_of_run(m, run, revision, threshold)
}

fn judge(
    m: &Measurement,
    revision: &Revision,
    threshold: f64,
    context: &TaskContext<'_>,
) -> Result<Judged, ScoringError> {
    let rules = compression_rules(revision)?;
    let (run, fitting) = vmaf_for(m, &rules.vmaf);
    let judged = score_run(m, run, revision, threshold, context)?;
    let exact = fitting && judged.exact && same_pictures(m, revision);
    // Where the frames are those of the revision, only the gates are left to name.
    let open = if fitting { judged.open } else { Vec::new() };
    Ok(Judged {
        exact,
        open,
        ..judged
    })
}

/// Scores a measurement, and adds what each of `others` gives for it.
///
/// # Errors
/// A revision without the task, or values that have no score.
pub fn judge_compression(
    measurement: Measurement,
    revision: &Revision,
    threshold: f64,
    context: &TaskContext<'_>,
    others: &[&Revision],
) -> Result<CompressionVerdict, ScoringError> {
    let judged = judge(&measurement, revision, threshold, context)?;
    // `judge` has seen that the task exists.
    let vmaf_model = revision
        .compression
        .as_ref()
        .map_or(VmafModel::Base, |c| c.vmaf.model);
    let also = others
        .iter()
        .filter(|other| other.name != revision.name)
        .map(|other| also(&measurement, other, threshold, context))
        .collect();
    Ok(CompressionVerdict {
        schema: SCORE_SCHEMA.into(),
        task: Task::Compress,
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        s_f: judged.score.s_f,
        s_f_metrics: judged.metrics,
        compression_component: judged.score.compression_component,
        quality_component: judged.score.quality_component,
        compression_rate: judged.rate,
        ratio: 1.0 / judged.rate,
        reference_bytes: measurement.reference.bytes,
        output_bytes: measurement.distorted.bytes,
        threshold,
        vmaf: judged.vmaf.value,
        vmaf_model,
        vmaf_pooling: spelled(&judged.vmaf.pooling),
        reason: judged.score.reason,
        reason_text: match (judged.score.reason, &judged.gates.reason) {
            (CompressionReason::Gate, Some(reason)) => reason.clone(),
            (reason, _) => reason.explain().into(),
        },
        gates: judged.gates,
        exact: judged.exact,
        also,
        measurement,
    })
}

fn also(
    measurement: &Measurement,
    other: &Revision,
    threshold: f64,
    context: &TaskContext<'_>,
) -> Also {
    let rules = other.name.clone();
    match judge(measurement, other, threshold, context) {
        Ok(judged) => {
            let zeroed_by = judged.gates.decided_by.filter(|_| judged.metrics > 0.0);
            let note = match (zeroed_by, &judged.gates.reason) {
                (Some(_), Some(reason)) => Some(reason.clone()),
                _ if judged.exact => None,
                _ if !judged.open.is_empty() => {
                    let names: Vec<&str> = judged.open.iter().map(|gate| gate.id).collect();
                    Some(format!("not looked at for: {}", names.join(", ")))
                }
                _ => other
                    .compression
                    .as_ref()
                    .map(|c| vmaf_note(other, &c.vmaf)),
            };
            Also {
                rules,
                s_f: Some(judged.score.s_f),
                s_f_metrics: Some(judged.metrics),
                zeroed_by,
                exact: judged.exact,
                note,
            }
        }
        Err(e) => Also::none(rules, &e),
    }
}
