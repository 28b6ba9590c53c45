//! Compression: S_f of a measurement.

use serde::Serialize;

use super::{Also, Pooled, SCORE_SCHEMA, pool_run, same_pictures, vmaf_for, vmaf_note};
use crate::measure::{Measurement, Task, VmafMeasurement};
use crate::rules::{RateRule, Revision, VmafModel, spelled};
use crate::scoring::{
    CompressionInput, CompressionReason, CompressionScore, ScoringError, compression_rate,
    compression_rules, compression_score,
};

/// S_f with all it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct CompressionVerdict {
    /// Schema of this record.
    pub schema: String,
    /// Always `compress`.
    pub task: Task,
    /// The revision that made every number here.
    pub rules: String,
    /// Its source commit.
    pub rules_commit: String,
    /// The score, 0 to 1.
    pub s_f: f64,
    /// Component of the size, before its weight.
    pub compression_component: f64,
    /// Component of the quality, before its weight.
    pub quality_component: f64,
    /// Output bytes over reference bytes, as the revision takes it.
    pub compression_rate: f64,
    /// One over the rate.
    pub ratio: f64,
    /// Size of the reference file.
    pub reference_bytes: u64,
    /// Size of the output file.
    pub output_bytes: u64,
    /// Threshold asked for, in VMAF points.
    pub threshold: f64,
    /// VMAF as the revision pools it.
    pub vmaf: f64,
    /// Model of that value.
    pub vmaf_model: VmafModel,
    /// Pooling of that value.
    pub vmaf_pooling: String,
    /// Which branch decided.
    pub reason: CompressionReason,
    /// The same in words.
    pub reason_text: String,
    /// Whether the measurement is what this revision measures.
    pub exact: bool,
    /// Other revisions.
    pub also: Vec<Also>,
    /// What was measured.
    pub measurement: Measurement,
}

struct Judged {
    score: CompressionScore,
    vmaf: Pooled,
    rate: f64,
    exact: bool,
}

pub(super) fn rate_of(rule: RateRule, measurement: &Measurement) -> f64 {
    let (output, source) = (measurement.distorted.bytes, measurement.reference.bytes);
    match rule {
        RateRule::AtMostOne => compression_rate(output, source),
        RateRule::AsIs => output as f64 / source as f64,
    }
}

/// Scores one run of VMAF under a revision.
pub(super) fn score_run(
    m: &Measurement,
    run: &VmafMeasurement,
    revision: &Revision,
    threshold: f64,
) -> Result<(CompressionScore, Pooled, bool), ScoringError> {
    let rules = compression_rules(revision)?;
    let vmaf = pool_run(run, rules.vmaf.model, &rules.vmaf, revision)?;
    let rate = rate_of(rules.rate, m);
    let input = CompressionInput {
        vmaf: vmaf.value,
        rate,
        threshold,
    };
    let mut score = compression_score(rules.formula, rules.constants, input)?;
    let mut judged_whole = true;
    if let Some(limit) = revision.gates.vmaf_model_delta {
        let of = |which| pool_run(run, which, &rules.vmaf, revision);
        match (of(VmafModel::Base), of(VmafModel::Neg)) {
            (Ok(base), Ok(neg)) if (base.value - neg.value).abs() > limit && score.s_f > 0.0 => {
                score.s_f = 0.0;
                score.reason = CompressionReason::VmafModelDelta;
            }
            (Ok(_), Ok(_)) => {}
            _ => judged_whole = false,
        }
    }
    Ok((score, vmaf, judged_whole))
}

fn judge(m: &Measurement, revision: &Revision, threshold: f64) -> Result<Judged, ScoringError> {
    let rules = compression_rules(revision)?;
    let (run, fitting) = vmaf_for(m, &rules.vmaf);
    let (score, vmaf, judged_whole) = score_run(m, run, revision, threshold)?;
    let exact = fitting && judged_whole && same_pictures(m, revision);
    Ok(Judged {
        score,
        vmaf,
        rate: rate_of(rules.rate, m),
        exact,
    })
}

/// Scores a measurement, and says what each of `others` gives for it.
///
/// # Errors
/// A revision without the task, or values that have no score.
pub fn judge_compression(
    measurement: Measurement,
    revision: &Revision,
    threshold: f64,
    others: &[&Revision],
) -> Result<CompressionVerdict, ScoringError> {
    let judged = judge(&measurement, revision, threshold)?;
    // `judge` has seen that the task exists.
    let vmaf_model = revision
        .compression
        .as_ref()
        .map_or(VmafModel::Base, |c| c.vmaf.model);
    let also = others
        .iter()
        .filter(|other| other.name != revision.name)
        .map(|other| also(&measurement, other, threshold))
        .collect();
    Ok(CompressionVerdict {
        schema: SCORE_SCHEMA.into(),
        task: Task::Compress,
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        s_f: judged.score.s_f,
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
        reason_text: judged.score.reason.explain().into(),
        exact: judged.exact,
        also,
        measurement,
    })
}

fn also(measurement: &Measurement, other: &Revision, threshold: f64) -> Also {
    let rules = other.name.clone();
    match judge(measurement, other, threshold) {
        Ok(judged) => {
            let note = (!judged.exact)
                .then(|| {
                    other
                        .compression
                        .as_ref()
                        .map(|c| vmaf_note(other, &c.vmaf))
                })
                .flatten();
            Also {
                rules,
                s_f: Some(judged.score.s_f),
                exact: judged.exact,
                note,
            }
        }
        Err(e) => Also {
            rules,
            s_f: None,
            exact: false,
            note: Some(e.to_string()),
        },
    }
}
