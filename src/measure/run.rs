//! The order of work for one pair.

use super::draw::{VmafFrames, draw_vmaf};
use super::error::MeasureError;
use super::measurement::{Backend, MEASUREMENT_SCHEMA, Measurement, VmafMeasurement};
use super::pass::{PassSettings, vmaf_pass};
use super::perceptual::{PieappBackend, pieapp_runs};
use super::plan::{Models, Plan, Progress, Step};
use crate::media::{FrameIndex, FrameRateKind, index_frames, library_versions};
use crate::metrics::pieapp::SMALLEST_SIDE;
use crate::metrics::vmaf::{MODEL_NAMES, VmafScores, libvmaf_version};
use crate::rules::Pixels;
use crate::scoring::{PooledVmaf, ScoringError};
use crate::worker::WorkerError;

/// Memory that VMAF contexts of one pass may take together, in bytes.
const CONTEXT_BUDGET: u64 = 800 << 20;
/// Memory of one single-threaded context, in bytes a pixel; measured with both models.
const CONTEXT_BYTES_PER_PIXEL: u64 = 60;

/// A measurement, and what became of PIE-APP.
#[derive(Debug)]
#[non_exhaustive]
pub struct Measured {
    /// What was measured.
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
    progress.begin(Step::Read, 2);
    let reference = index_frames(&plan.reference)?;
    progress.advance();
    let distorted = index_frames(&plan.distorted)?;
    progress.end();
    check_pair(plan, &reference, &distorted)?;
    let common = reference.frames.min(distorted.frames);
    let mut vmaf = vmaf_runs(plan, &reference, &distorted, common, progress)?;
    let mut backend = Backend {
        libvmaf: libvmaf_version(),
        models: model_names(plan.models),
        ffmpeg: library_versions(),
        vmaf_device: "cpu".into(),
        device: None,
        libtorch: None,
        weights: None,
        threads: plan.threads,
        seed: plan.seed,
    };
    let (mut perceptual, mut pieapp_failure) = (Vec::new(), None);
    if let Some(pieapp) = pieapp.filter(|_| !plan.pieapp.is_empty()) {
        match pieapp_runs(
            pieapp,
            &reference,
            &distorted,
            &plan.pieapp,
            plan.threads,
            progress,
        ) {
            Ok(runs) => perceptual = runs,
            Err(MeasureError::Worker(e)) => pieapp_failure = Some(e),
            Err(e) => return Err(e),
        }
        backend.device = Some(pieapp.device.clone());
        backend.libtorch = Some(pieapp.worker.facts().libtorch.clone());
        backend.weights = Some(pieapp.weights.clone());
    }
    let notes = notes(&reference, &distorted);
    let first = vmaf.remove(0);
    let mut perceptual = perceptual.into_iter();
    let measurement = Measurement {
        schema: MEASUREMENT_SCHEMA.into(),
        vidaio: env!("CARGO_PKG_VERSION").into(),
        task: plan.task,
        reference_frames: reference.frames,
        distorted_frames: distorted.frames,
        reference: reference.facts,
        distorted: distorted.facts,
        pixels: plan.pixels,
        vmaf: first,
        other_vmaf: vmaf,
        pieapp: perceptual.next(),
        other_pieapp: perceptual.collect(),
        backend,
        notes,
    };
    Ok(Measured {
        measurement,
        pieapp_failure,
    })
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
    let (a, b) = (&reference.facts, &distorted.facts);
    if (a.width, a.height) != (b.width, b.height) {
        return Err(MeasureError::SizesDiffer {
            distorted: plan.distorted.clone(),
            distorted_size: format!("{}x{}", b.width, b.height),
            reference_size: format!("{}x{}", a.width, a.height),
            swapped: b.width > a.width && b.height > a.height,
        });
    }
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

/// Draws and measures all runs of VMAF, as many in one pass as memory allows.
fn vmaf_runs(
    plan: &Plan,
    reference: &FrameIndex,
    distorted: &FrameIndex,
    common: u64,
    progress: &dyn Progress,
) -> Result<Vec<VmafMeasurement>, MeasureError> {
    let rate = reference.facts.average_frame_rate.per_second();
    let mut selections = Vec::with_capacity(plan.vmaf.len());
    for wish in &plan.vmaf {
        let mut frames = draw_vmaf(wish, reference.frames, rate);
        let nothing = match &mut frames {
            VmafFrames::Cut(list) => {
                if let super::FrameWish::Listed(_) = wish.frames
                    && let Some(frame) = list.iter().find(|i| **i >= common)
                {
                    let (path, frames) = (plan.reference.clone(), common);
                    let missing = crate::media::MediaError::NoSuchFrame {
                        path,
                        frame: *frame,
                        frames,
                    };
                    return Err(missing.into());
                }
                list.retain(|i| *i < common);
                list.is_empty()
            }
            VmafFrames::Subsample { first, .. } => *first >= common,
            VmafFrames::All => false,
        };
        if nothing {
            return Err(MeasureError::NothingSampled {
                path: plan.reference.clone(),
                frames: reference.frames,
            });
        }
        selections.push(frames);
    }
    let settings = PassSettings {
        threads: plan.threads.max(1),
        native: plan.pixels == Pixels::Native,
        models: plan.models,
        common,
    };
    let pixels = u64::from(reference.facts.width) * u64::from(reference.facts.height);
    let together =
        (CONTEXT_BUDGET / (pixels * CONTEXT_BYTES_PER_PIXEL).max(1)).clamp(1, 16) as usize;
    let mut runs = Vec::with_capacity(selections.len());
    for group in selections.chunks(together) {
        let scores = vmaf_pass(reference, distorted, group, settings, progress)?;
        for (frames, scores) in group.iter().zip(scores) {
            let seed = plan.vmaf[runs.len()].seed;
            runs.push(record(frames, scores, seed, common)?);
        }
    }
    Ok(runs)
}

fn record(
    frames: &VmafFrames,
    scores: VmafScores,
    seed: u64,
    common: u64,
) -> Result<VmafMeasurement, MeasureError> {
    let (path, frames) = match frames {
        VmafFrames::All => ("all", (0..common).collect()),
        VmafFrames::Cut(list) => ("cut", list.clone()),
        VmafFrames::Subsample { first, every } => (
            "subsample",
            (*first..common).step_by(*every as usize).collect(),
        ),
    };
    Ok(VmafMeasurement {
        path: path.into(),
        seed,
        frames,
        base: pooled(scores.base)?,
        neg: pooled(scores.neg)?,
    })
}

/// Summarises the frames of a model, if it was measured.
fn pooled(frames: Vec<f64>) -> Result<Option<PooledVmaf>, ScoringError> {
    if frames.is_empty() {
        Ok(None)
    } else {
        PooledVmaf::from_frames(frames).map(Some)
    }
}

/// Facts that no score shows but that explain one.
fn notes(reference: &FrameIndex, distorted: &FrameIndex) -> Vec<String> {
    let mut notes = Vec::new();
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
