//! Upscaling: S_F of a measurement.

use crate::domain::{Seconds, Task};
use serde::{Deserialize, Serialize};

use super::gates::{GateVerdict, Metrics, TaskContext, judge_measured};
use super::{Also, Pooled, SCORE_SCHEMA, pieapp_for, pool_run, same_pictures, vmaf_for, vmaf_note};
use crate::measure::Measurement;
use crate::rules::{NetworkChannels, Revision, VmafModel, spelled};
use crate::scoring::{
    ScoringError, UpscaleScore, aggregate_pieapp, length_score, tier, upscale_range, upscale_score,
};

/// S_F with all it is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct UpscaleVerdict {
    pub schema: String,
    /// Always `upscale`.
    pub task: Task,
    /// The revision that made every number here.
    pub rules: String,
    pub rules_commit: String,
    /// VMAF as the revision pools it.
    pub vmaf: f64,
    /// Model of that value.
    pub vmaf_model: VmafModel,
    /// Pooling of that value.
    pub vmaf_pooling: String,
    /// VMAF points under which the gate fails.
    pub vmaf_floor: f64,
    pub vmaf_passed: bool,
    /// PIE-APP after absolute value, mean and cap; absent if it was not measured.
    pub pieapp: Option<f64>,
    /// Content length in seconds.
    pub length: f64,
    /// Quality score; absent without PIE-APP.
    pub s_q: Option<f64>,
    pub s_l: f64,
    /// Weighted sum; absent without PIE-APP.
    pub s_pre: Option<f64>,
    /// The final score, 0 where a gate fails; absent without PIE-APP, unless a gate decides alone.
    pub s_f: Option<f64>,
    /// What the metrics alone give.
    pub s_f_metrics: Option<f64>,
    /// Least and largest S_F that any PIE-APP value gives, where it was not measured.
    pub s_f_range: Option<(f64, f64)>,
    /// Name of the score, where the revision has names.
    pub tier: Option<String>,
    pub gates: GateVerdict,
    /// Whether the measurement is what this revision measures.
    pub exact: bool,
    pub also: Vec<Also>,
    pub measurement: Measurement,
}

struct Judged {
    vmaf: Pooled,
    pieapp: Option<f64>,
    score: Option<UpscaleScore>,
    range: (f64, f64),
    gates: GateVerdict,
    exact: bool,
}

impl Judged {
    /// The score after the gates.
    fn s_f(&self) -> Option<f64> {
        self.gates.score.or(self.score.map(|s| s.s_f))
    }
}

fn judge(
    m: &Measurement,
    revision: &Revision,
    length: Seconds,
    context: &TaskContext<'_>,
) -> Result<Judged, ScoringError> {
    let rules = &revision.upscaling;
    let (run, vmaf_exact) = vmaf_for(m, &rules.vmaf);
    let vmaf = pool_run(run, rules.vmaf.model, &rules.vmaf, revision)?;
    let found = pieapp_for(m, &rules.pieapp);
    let pieapp = found
        .map(|(run, _)| aggregate_pieapp(&rules.pieapp.aggregation, &run.per_frame))
        .transpose()?;
    let range = upscale_range(
        &rules.formula,
        rules.pieapp.aggregation.cap,
        vmaf.value,
        length.0,
    )?;
    let decided = range.0.to_bits() == range.1.to_bits();
    let score = match pieapp {
        Some(p) => Some(upscale_score(&rules.formula, p, vmaf.value, length.0)?),
        // A failed gate gives the same whatever PIE-APP would have been.
        None if decided => Some(upscale_score(&rules.formula, 0.0, vmaf.value, length.0)?),
        None => None,
    };
    let exact =
        vmaf_exact && same_pictures(m, revision) && found.map_or(decided, |(_, exact)| exact);
    let metrics = Metrics {
        pieapp,
        score: score.map(|s| s.s_f),
    };
    let gates = judge_measured(m, run, revision, context, metrics);
    Ok(Judged {
        vmaf,
        pieapp,
        score,
        range,
        gates,
        exact,
    })
}

/// Scores a measurement for a content length in seconds, and adds what each of `others` gives for it.
///
/// # Errors
/// Values that have no score.
pub fn judge_upscaling(
    measurement: Measurement,
    revision: &Revision,
    length: Seconds,
    context: &TaskContext<'_>,
    others: &[&Revision],
) -> Result<UpscaleVerdict, ScoringError> {
    let rules = &revision.upscaling;
    let judged = judge(&measurement, revision, length, context)?;
    let also = others
        .iter()
        .filter(|other| other.name != revision.name)
        .map(|other| also(&measurement, other, length, context))
        .collect();
    let score = judged.score;
    let s_l = match score {
        Some(score) => score.s_l,
        None => length_score(rules.formula.length, length.0)?,
    };
    Ok(UpscaleVerdict {
        schema: SCORE_SCHEMA.into(),
        task: Task::Upscale,
        rules: revision.name.clone(),
        rules_commit: revision.commit.clone(),
        vmaf: judged.vmaf.value,
        vmaf_model: rules.vmaf.model,
        vmaf_pooling: spelled(&judged.vmaf.pooling),
        vmaf_floor: rules.formula.vmaf_floor,
        vmaf_passed: judged.vmaf.value / 100.0 >= rules.formula.vmaf_floor / 100.0,
        pieapp: judged.pieapp,
        length: length.0,
        s_q: score.map(|s| s.s_q),
        s_l,
        s_pre: score.map(|s| s.s_pre),
        s_f: judged.s_f(),
        s_f_metrics: score.map(|s| s.s_f),
        s_f_range: judged.s_f().is_none().then_some(judged.range),
        tier: score
            .filter(|_| judged.gates.score.is_none())
            .and_then(|s| tier(rules.tiers, s.s_f, Some(s.s_pre)))
            .map(str::to_owned),
        exact: judged.exact,
        gates: judged.gates,
        also,
        measurement,
    })
}

fn also(
    measurement: &Measurement,
    other: &Revision,
    length: Seconds,
    context: &TaskContext<'_>,
) -> Also {
    let rules = other.name.clone();
    let judged = match judge(measurement, other, length, context) {
        Ok(judged) => judged,
        Err(e) => {
            return Also::none(rules, &e);
        }
    };
    let s_f = judged.s_f();
    let metrics = judged.score.map(|s| s.s_f);
    let zeroed_by = judged.gates.zeroed_by();
    let note = match (zeroed_by, &judged.gates.reason, s_f) {
        (Some(_), Some(reason), _) => Some(reason.clone()),
        (_, _, None) => {
            let order = if other.upscaling.pieapp.channels == NetworkChannels::Rgb {
                "RGB"
            } else {
                "BGR"
            };
            let (low, high) = judged.range;
            Some(format!(
                "PIE-APP was not measured in {order} order: between {low:.4} and {high:.4}"
            ))
        }
        _ => (!judged.exact).then(|| vmaf_note(other, &other.upscaling.vmaf)),
    };
    Also {
        rules,
        s_f,
        s_f_metrics: metrics,
        zeroed_by,
        exact: s_f.is_some() && judged.exact,
        note,
    }
}
