//! The order of work for one pair.

use super::error::MeasureError;
use super::measurement::{Backend, MEASUREMENT_SCHEMA, Measurement};
use super::pair::{Pair, same_size};
use super::perceptual::{PieappBackend, pieapp_runs};
use super::plan::{Models, Plan, Progress, Step};
use super::shares::{Shares, shares};
use crate::media::{FrameIndex, FrameRateKind, HeldFrames, index_frames, library_versions};
use crate::metrics::pieapp::SMALLEST_SIDE;
use crate::metrics::vmaf::{MODEL_NAMES, libvmaf_version};
use crate::scoring::ScoringError;
use crate::worker::WorkerError;

/// A measurement, and what became of PIE-APP.
#[derive(Debug)]
#[non_exhaustive]
pub struct Measured {
    pub measurement: Measurement,
    /// Why PIE-APP is missing although it was tried: the rest is kept.
    pub pieapp_failure: Option<WorkerError>,
}

/// Measures a pair.
///
/// PIE-APP is measured if the plan asks for it and `pieapp` is there. If the worker fails, what was
/// measured before is kept and the failure handed on beside it.
///
/// # Errors
/// The first thing that is wrong with either file, the pair, or what measures them.
pub fn measure(
    plan: &Plan,
    pieapp: Option<&mut PieappBackend>,
    progress: &dyn Progress,
) -> Result<Measured, MeasureError> {
    progress.begin(Step::Read, 1);
    let reference = index_frames(&plan.reference)?;
    progress.end();
    measure_against(plan, &reference, None, pieapp, progress)
}

/// The same with a reference that was read before, and perhaps held in memory: for many outputs of
/// one reference.
///
/// # Errors
/// As [`measure`].
pub fn measure_against(
    plan: &Plan,
    reference: &FrameIndex,
    held: Option<&HeldFrames>,
    pieapp: Option<&mut PieappBackend>,
    progress: &dyn Progress,
) -> Result<Measured, MeasureError> {
    progress.begin(Step::Read, 1);
    let distorted = index_frames(&plan.distorted)?;
    progress.end();
    check_pair(plan, reference, &distorted)?;
    let common = reference.frames.min(distorted.frames);
    let shares = shares(plan, reference);
    let (mut vmaf, gates) = {
        let pair = Pair {
            reference,
            held,
            distorted: &distorted,
            common,
            upscaled_to: None,
            shares,
        };
        pair.measure(plan, progress)?
    };
    let mut backend = backend(plan, shares);
    let (mut perceptual, mut pieapp_failure) = (Vec::new(), None);
    if let Some(pieapp) = pieapp.filter(|_| !plan.pieapp.is_empty()) {
        let (decoding, requests) = (shares.decoding, &plan.pieapp);
        match pieapp_runs(pieapp, reference, &distorted, requests, decoding, progress) {
            Ok(runs) => {
                perceptual = runs;
                backend.device = Some(pieapp.device.clone());
                backend.libtorch = Some(pieapp.worker.facts().libtorch.clone());
                backend.weights = Some(pieapp.weights.clone());
            }
            Err(MeasureError::Worker(e)) => pieapp_failure = Some(e),
            Err(e) => return Err(e),
        }
    }
    let notes = notes(reference, &distorted);
    if vmaf.is_empty() {
        return Err(MeasureError::Scoring(ScoringError::NoFrames));
    }
    let first = vmaf.remove(0);
    let mut perceptual = perceptual.into_iter();
    let measurement = Measurement {
        schema: MEASUREMENT_SCHEMA.into(),
        vidaio: env!("CARGO_PKG_VERSION").into(),
        task: plan.task,
        reference_frames: reference.frames,
        distorted_frames: distorted.frames,
        reference: reference.facts.clone(),
        distorted: distorted.facts,
        pixels: plan.pixels,
        vmaf: first,
        other_vmaf: vmaf,
        pieapp: perceptual.next(),
        other_pieapp: perceptual.collect(),
        gates,
        backend,
        notes,
    };
    Ok(Measured {
        measurement,
        pieapp_failure,
    })
}

/// What measures VMAF; PIE-APP is added when it ran.
fn backend(plan: &Plan, shares: Shares) -> Backend {
    Backend {
        libvmaf: libvmaf_version(),
        models: model_names(plan.models),
        ffmpeg: library_versions(),
        vmaf_device: "cpu".into(),
        device: None,
        libtorch: None,
        weights: None,
        threads: plan.threads,
        vmaf_threads: shares.vmaf,
        seed: plan.seed,
    }
}

fn model_names(models: Models) -> Vec<String> {
    let wanted = match models {
        Models::Both => &MODEL_NAMES[..],
        Models::Base => &MODEL_NAMES[..1],
        Models::Neg => &MODEL_NAMES[1..],
    };
    wanted.iter().map(|name| (*name).to_owned()).collect()
}

fn check_pair(
    plan: &Plan,
    reference: &FrameIndex,
    distorted: &FrameIndex,
) -> Result<(), MeasureError> {
    if reference.frames < plan.fewest_frames {
        return Err(MeasureError::TooFewFrames {
            path: plan.reference.clone(),
            frames: reference.frames,
            least: plan.fewest_frames,
        });
    }
    let a = &reference.facts;
    same_size(reference, distorted)?;
    if !plan.pieapp.is_empty() && (a.width < SMALLEST_SIDE || a.height < SMALLEST_SIDE) {
        return Err(MeasureError::TooSmallForPieapp {
            path: plan.reference.clone(),
            width: a.width,
            height: a.height,
        });
    }
    if reference.frames.abs_diff(distorted.frames) > plan.frame_tolerance || distorted.frames == 0 {
        return Err(MeasureError::FrameCountsDiffer {
            distorted: plan.distorted.clone(),
            distorted_frames: distorted.frames,
            reference_frames: reference.frames,
            tolerance: plan.frame_tolerance,
        });
    }
    Ok(())
}

/// Facts that no score shows but that explain one.
fn notes(reference: &FrameIndex, distorted: &FrameIndex) -> Vec<String> {
    let mut notes = Vec::new();
    let paths = [reference, distorted].map(|index| index.facts.path.as_path());
    notes.extend(crate::shown::note(paths));
    for (name, index) in [("reference", reference), ("output", distorted)] {
        let facts = &index.facts;
        if facts.timing == FrameRateKind::Variable {
            notes.push(format!(
                "{name}: frames come at uneven times; they are paired by order, without repeating or dropping any"
            ));
        }
        if facts.rotation != 0.0 {
            notes.push(format!(
                "{name}: tagged to be shown turned by {} degrees; measured as coded",
                facts.rotation
            ));
        }
        if facts.interlaced {
            notes.push(format!(
                "{name}: interlaced; measured as coded, not deinterlaced"
            ));
        }
        if facts.edit_list {
            notes.push(format!(
                "{name}: an edit list hides coded frames; only shown frames count"
            ));
        }
        if facts.video_streams > 1 {
            notes.push(format!(
                "{name}: {} video streams; the best one counts",
                facts.video_streams
            ));
        }
    }
    if reference.frames != distorted.frames {
        notes.push(format!(
            "frame counts differ ({} and {}); the first {} are compared",
            reference.frames,
            distorted.frames,
            reference.frames.min(distorted.frames)
        ));
    }
    notes
}
