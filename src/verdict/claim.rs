//! An output as a validator compares it with others.

use super::compression::metrics_of_run;
use super::gates::{Metrics, TaskContext, judge_measured};
use super::rate::rate_of;
use super::{pool_run, vmaf_for};
use crate::domain::Origin;
use crate::gates::{Claim, TaskRequest};
use crate::measure::Measurement;
use crate::rules::{Revision, VmafModel};
use crate::scoring::{ScoringError, compression_rules};

/// An output as a validator compares it with others by its metrics. Without a threshold only a gate makes its
/// score 0.
///
/// # Errors
/// A revision without compressions, or a measurement without what it scores.
pub fn claim_of(
    m: &Measurement,
    who: String,
    revision: &Revision,
    threshold: Option<f64>,
) -> Result<Claim, ScoringError> {
    let rules = compression_rules(revision)?;
    let (run, _) = vmaf_for(m, &rules.vmaf);
    let pooled = |model| pool_run(run, model, &rules.vmaf, revision).map(|p| p.value);
    let request = TaskRequest {
        threshold,
        ..TaskRequest::default()
    };
    let context = TaskContext::alone(Origin::Synthetic, &request, m.backend.seed);
    // An output that scores nothing claims nothing.
    let metrics = threshold.map(|t| metrics_of_run(m, run, revision, t));
    let gates = judge_measured(m, run, revision, &context, Metrics::default());
    let score = match (gates.score, metrics) {
        (Some(zeroed), _) => zeroed,
        (None, Some(Ok(score))) => score,
        // Without a threshold, or without a score for it, it counts as above 0.
        (None, Some(Err(_)) | None) => 1.0,
    };
    Ok(Claim {
        who,
        // Only outputs of one clip are compared; which clip it is, the caller vouches for.
        clip: "the clip".into(),
        vmaf: pooled(rules.vmaf.model)?,
        base: pooled(VmafModel::Base).ok(),
        threshold,
        rate: rate_of(rules.rate, &m.distorted, &m.reference),
        score,
    })
}
