//! How a score spreads over what a validator draws at random.

use crate::domain::Seconds;
use serde::Serialize;

use super::compression::metrics_of_run;
use super::{fits, pool_run, vmaf_runs};
use crate::measure::Measurement;
use crate::rules::Revision;
use crate::scoring::{
    ScoringError, aggregate_pieapp, compression_rules, percentile, upscale_score,
};

/// Score over draws.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Distribution {
    pub draws: u64,
    /// Fifth percentile, linear between ranks.
    pub p5: f64,
    pub median: f64,
    /// Ninety-fifth percentile.
    pub p95: f64,
    pub min: f64,
    pub max: f64,
}

impl Distribution {
    fn of(mut scores: Vec<f64>) -> Result<Self, ScoringError> {
        if scores.is_empty() {
            return Err(ScoringError::NoFrames);
        }
        scores.sort_by(f64::total_cmp);
        Ok(Self {
            draws: scores.len() as u64,
            p5: percentile(&scores, 5.0),
            median: percentile(&scores, 50.0),
            p95: percentile(&scores, 95.0),
            min: scores[0],
            max: scores[scores.len() - 1],
        })
    }
}

/// Spread of S_f by the metrics alone over the VMAF runs of a measurement, each one draw.
///
/// # Errors
/// A revision without the task, or values that have no score.
pub fn compression_draws(
    m: &Measurement,
    revision: &Revision,
    threshold: f64,
) -> Result<Distribution, ScoringError> {
    let rules = compression_rules(revision)?;
    let scores = vmaf_runs(m)
        .filter(|run| fits(m, run, &rules.vmaf))
        .map(|run| metrics_of_run(m, run, revision, threshold))
        .collect::<Result<Vec<_>, ScoringError>>()?;
    Distribution::of(scores)
}

/// Spread of S_F by the metrics alone over pairs of runs, the n-th of VMAF with the n-th of PIE-APP; a task of which
/// only one part is drawn repeats the other.
///
/// # Errors
/// No run of PIE-APP, or values that have no score.
pub fn upscaling_draws(
    m: &Measurement,
    revision: &Revision,
    length: Seconds,
) -> Result<Distribution, ScoringError> {
    let rules = &revision.upscaling;
    let vmaf: Vec<_> = vmaf_runs(m)
        .filter(|run| fits(m, run, &rules.vmaf))
        .collect();
    let pieapp: Vec<_> = m
        .pieapp
        .iter()
        .chain(&m.other_pieapp)
        .filter(|run| run.channels == rules.pieapp.channels)
        .collect();
    if vmaf.is_empty() || pieapp.is_empty() {
        return Err(ScoringError::NoFrames);
    }
    let scores = (0..vmaf.len().max(pieapp.len()))
        .map(|i| {
            let (v, p) = (vmaf[i % vmaf.len()], pieapp[i % pieapp.len()]);
            let value = pool_run(v, rules.vmaf.model, &rules.vmaf, revision)?.value;
            let p = aggregate_pieapp(&rules.pieapp.aggregation, &p.per_frame)?;
            Ok(upscale_score(&rules.formula, p, value, length.0)?.s_f)
        })
        .collect::<Result<Vec<_>, ScoringError>>()?;
    Distribution::of(scores)
}
