//! A measurement under a revision: the score, its parts, and what other revisions would give.
//!
//! Pure: a stored measurement gives the same verdict as a fresh one, bit for bit.

mod claim;
mod compression;
mod distribution;
mod gates;
mod rate;
mod upscaling;

use serde::{Deserialize, Serialize};

pub use claim::claim_of;
pub use compression::{
    CompressionVerdict, compression_metrics, judge_compression, predicted_score,
};
pub use distribution::{Distribution, compression_draws, upscaling_draws};
pub use gates::{
    GateVerdict, Metrics, TaskContext, input_of, input_of_files, judge_files, judge_measured,
};
pub use upscaling::{UpscaleVerdict, judge_upscaling};

use crate::gates::Gate;
use crate::measure::{Measurement, PieappMeasurement, VmafMeasurement, VmafPath};
use crate::media::{ClipFacts, FrameRateKind};
use crate::rules::{FramePath, PieappRules, Pooling, Revision, VmafModel, VmafRules};
use crate::scoring::{PooledVmaf, ScoringError, pool};

/// Value of the `schema` field of scores.
pub const SCORE_SCHEMA: &str = "vidaio.score/1";

/// What another revision gives for the same measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Also {
    pub rules: String,
    /// Its score; absent where it cannot be computed.
    pub s_f: Option<f64>,
    /// What the metrics alone give under it.
    pub s_f_metrics: Option<f64>,
    /// The gate that takes the score away.
    pub zeroed_by: Option<Gate>,
    /// Whether the measurement is what that revision would have measured.
    pub exact: bool,
    /// Why not, or why there is no score.
    pub note: Option<String>,
}

impl Also {
    /// A revision under which there is no score.
    fn none(rules: String, why: &ScoringError) -> Self {
        Self {
            rules,
            s_f: None,
            s_f_metrics: None,
            zeroed_by: None,
            exact: false,
            note: Some(why.to_string()),
        }
    }
}

/// Whether a run is what a revision measures.
fn fits(measurement: &Measurement, run: &VmafMeasurement, rules: &VmafRules) -> bool {
    match rules.frames {
        FramePath::All => run.path == VmafPath::All,
        FramePath::Cut { frames } => {
            run.path == VmafPath::Cut
                && run.frames.len() as u64 == frames.min(measurement.reference_frames)
        }
        FramePath::SkipSubsample => {
            matches!(run.path, VmafPath::Subsample | VmafPath::FallbackCut)
        }
        FramePath::Second => run.path == VmafPath::Second,
    }
}

fn vmaf_runs(measurement: &Measurement) -> impl Iterator<Item = &VmafMeasurement> {
    std::iter::once(&measurement.vmaf).chain(&measurement.other_vmaf)
}

/// The run of VMAF that is nearest to what a revision measures, and whether it is that.
fn vmaf_for<'a>(measurement: &'a Measurement, rules: &VmafRules) -> (&'a VmafMeasurement, bool) {
    match vmaf_runs(measurement).find(|run| fits(measurement, run, rules)) {
        Some(run) => (run, true),
        None => (&measurement.vmaf, false),
    }
}

/// Whether nothing but the frames could make a validator of this revision measure otherwise.
fn same_pictures(measurement: &Measurement, revision: &Revision) -> bool {
    let even = |facts: &ClipFacts| facts.timing == FrameRateKind::Constant;
    measurement.pixels == revision.measure.pixels
        && (!revision.measure.constant_rate
            || even(&measurement.reference) && even(&measurement.distorted))
}

/// A pooled VMAF and the pooling that was really used.
struct Pooled {
    value: f64,
    pooling: Pooling,
}

/// Pools one model of a run. Without a frame above 0 the JSON path has no value, and a validator
/// falls back to the pooling of its other path, as it does for a sub-sample without frames.
fn pool_run(
    run: &VmafMeasurement,
    which: VmafModel,
    rules: &VmafRules,
    revision: &Revision,
) -> Result<Pooled, ScoringError> {
    let frames = &model(run, which, revision)?.per_frame;
    let fallback = Pooling::HarmonicLibvmafXml;
    let pooling = if run.path == VmafPath::FallbackCut {
        fallback
    } else {
        rules.pooling
    };
    match pool(pooling, frames) {
        Err(ScoringError::NoPositiveFrame) => Ok(Pooled {
            value: pool(fallback, frames)?,
            pooling: fallback,
        }),
        value => Ok(Pooled {
            value: value?,
            pooling,
        }),
    }
}

fn model<'a>(
    run: &'a VmafMeasurement,
    model: VmafModel,
    revision: &Revision,
) -> Result<&'a PooledVmaf, ScoringError> {
    let (found, name) = match model {
        VmafModel::Base => (&run.base, "base"),
        VmafModel::Neg => (&run.neg, "NEG"),
    };
    found
        .as_ref()
        .ok_or_else(|| ScoringError::ModelNotMeasured {
            rules: revision.name.clone(),
            model: name,
        })
}

/// A run of PIE-APP that a revision can use: its channel order, at least its number of frames.
fn pieapp_for<'a>(
    measurement: &'a Measurement,
    rules: &PieappRules,
) -> Option<(&'a PieappMeasurement, bool)> {
    measurement
        .pieapp
        .iter()
        .chain(&measurement.other_pieapp)
        .find(|run| run.channels == rules.channels)
        .map(|run| {
            (
                run,
                run.frames.len() as u64 == rules.frames.min(measurement.reference_frames),
            )
        })
}

fn vmaf_note(revision: &Revision, rules: &VmafRules) -> String {
    let frames = match rules.frames {
        FramePath::All => "every frame".to_owned(),
        FramePath::Cut { frames } => format!("{frames} frames cut out"),
        FramePath::SkipSubsample => "every 20th to 29th frame".to_owned(),
        FramePath::Second => "one second".to_owned(),
    };
    format!("{} measures VMAF on {frames}", revision.name)
}
