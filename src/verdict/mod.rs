//! A measurement under a revision: the score, its parts, and what other revisions would give.
//!
//! Pure: a stored measurement gives the same verdict as a fresh one, bit for bit.

mod compression;
mod distribution;
mod upscaling;

use serde::Serialize;

pub use compression::{CompressionVerdict, judge_compression};
pub use distribution::{Distribution, compression_draws, upscaling_draws};
pub use upscaling::{UpscaleVerdict, judge_upscaling};

use crate::measure::{Measurement, PieappMeasurement, VmafMeasurement};
use crate::rules::{FramePath, PieappRules, Revision, VmafModel, VmafRules};
use crate::scoring::{PooledVmaf, ScoringError};

/// Value of the `schema` field of scores.
pub const SCORE_SCHEMA: &str = "vidaio.score/1";

/// What another revision gives for the same measurement.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Also {
    /// Name of the revision.
    pub rules: String,
    /// Its score; absent where it cannot be computed.
    pub s_f: Option<f64>,
    /// Whether the measurement is what that revision would have measured.
    pub exact: bool,
    /// Why not, or why there is no score.
    pub note: Option<String>,
}

/// The run of VMAF that is nearest to what a revision measures, and whether it is that.
fn vmaf_for<'a>(measurement: &'a Measurement, rules: &VmafRules) -> (&'a VmafMeasurement, bool) {
    let all = || std::iter::once(&measurement.vmaf).chain(&measurement.other_vmaf);
    let fits = |run: &&VmafMeasurement| match rules.frames {
        FramePath::All => run.path == "all",
        FramePath::Cut { frames } => {
            run.path == "cut" && run.frames.len() as u64 == frames.min(measurement.reference_frames)
        }
        FramePath::SkipSubsample => run.path == "subsample",
        FramePath::Second => run.path == "cut" && run.frames.windows(2).all(|w| w[1] == w[0] + 1),
    };
    match all().find(fits) {
        Some(run) => (run, true),
        None => (&measurement.vmaf, false),
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
