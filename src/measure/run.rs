//! The order of work for one pair.

use super::draw::{VmafFrames, draw_vmaf};
use super::error::MeasureError;
use super::measurement::{Backend, MEASUREMENT_SCHEMA, Measurement, VmafMeasurement, VmafPath};
use super::pass::{PassSettings, vmaf_pass};
use super::perceptual::{PieappBackend, pieapp_runs};
use super::plan::{FrameWish, Models, Plan, Progress, Step, VmafWish};
use crate::media::{FrameIndex, FrameRateKind, MediaError, index_frames, library_versions};
use crate::metrics::pieapp::SMALLEST_SIDE;
use crate::metrics::vmaf::{MODEL_NAMES, VmafScores, libvmaf_version};
use crate::rules::{FramePath, Pixels};
use crate::scoring::{PooledVmaf, ScoringError};
use crate::worker::WorkerError;

/// Memory of VMAF for each of its threads, in bytes a pixel; measured with both models.
const VMAF_BYTES_PER_PIXEL: u64 = 60;
/// Frames of the path that validators fall back to.
const FALLBACK_FRAMES: u64 = 10;
/// Pictures that a decoder holds whatever its threads: references, reordering and our queue.
const PICTURES_HELD: u64 = 22;

/// What keeps to the plan's memory.
#[derive(Clone, Copy)]
struct Shares {
    /// Threads of each decoder.
    decoding: u32,
    /// Threads of VMAF.
    vmaf: u32,
    /// Single-threaded runs of VMAF that fit beside each other.
    runs_together: usize,
}

fn shares(plan: &Plan, reference: &FrameIndex) -> Shares {
    let facts = &reference.facts;
    let pixels = (u64::from(facts.width) * u64::from(facts.height)).max(1);
    // Eight-bit 4:2:0 takes a byte and a half a pixel.
    let pictures = |count: u64| 2 * count * pixels * 3 / 2;
    let threads = u64::from(plan.threads.max(1));
    // Each thread of a decoder holds a picture of its own, in both files.
    let decoding = (plan.memory / 8 / pictures(1)).clamp(1, threads).min(16);
    let left = plan
        .memory
        .saturating_sub(pictures(PICTURES_HELD + decoding));
    let fitting = (left / (pixels * VMAF_BYTES_PER_PIXEL)).max(1);
    let as_u32 = |n: u64| u32::try_from(n).unwrap_or(1);
    Shares {
        decoding: as_u32(decoding),
        vmaf: as_u32(fitting.min(threads)),
        runs_together: fitting.min(16) as usize,
    }
}

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
    let shares = shares(plan, &reference);
    let mut vmaf = vmaf_runs(plan, &reference, &distorted, common, shares, progress)?;
    let mut backend = Backend {
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
    };
    let (mut perceptual, mut pieapp_failure) = (Vec::new(), None);
    if let Some(pieapp) = pieapp.filter(|_| !plan.pieapp.is_empty()) {
        match pieapp_runs(
            pieapp,
            &reference,
            &distorted,
            &plan.pieapp,
            shares.decoding,
            progress,
        ) {
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
    shares: Shares,
    progress: &dyn Progress,
) -> Result<Vec<VmafMeasurement>, MeasureError> {
    let rate = reference.facts.average_frame_rate.per_second();
    let mut runs = Vec::with_capacity(plan.vmaf.len());
    for wish in &plan.vmaf {
        let (path, mut frames) = (path_of(wish), draw_vmaf(wish, reference.frames, rate));
        if let VmafFrames::Cut(list) = &mut frames {
            if path == VmafPath::Listed
                && let Some(frame) = list.iter().find(|i| **i >= common).copied()
            {
                let (path, frames) = (plan.reference.clone(), common);
                return Err(MediaError::NoSuchFrame {
                    path,
                    frame,
                    frames,
                }
                .into());
            }
            list.retain(|i| *i < common);
        }
        runs.push(match &frames {
            // Without a frame in its log a validator goes over to cut-out frames.
            VmafFrames::Subsample { first, .. } if *first >= common => {
                let frames = FrameWish::Path(FramePath::Cut {
                    frames: FALLBACK_FRAMES,
                });
                let wish = VmafWish {
                    frames,
                    seed: wish.seed,
                };
                (VmafPath::FallbackCut, draw_vmaf(&wish, common, rate))
            }
            _ => (path, frames),
        });
    }
    let settings = PassSettings {
        decoding: shares.decoding,
        vmaf: shares.vmaf,
        native: plan.pixels == Pixels::Native,
        models: plan.models,
        common,
    };
    let selections: Vec<VmafFrames> = runs.iter().map(|(_, frames)| frames.clone()).collect();
    let mut records = Vec::with_capacity(runs.len());
    for group in selections.chunks(shares.runs_together) {
        for scores in vmaf_pass(reference, distorted, group, settings, progress)? {
            let (path, frames) = &runs[records.len()];
            let seed = plan.vmaf[records.len()].seed;
            records.push(record(*path, frames, scores, seed, common)?);
        }
    }
    Ok(records)
}

fn path_of(wish: &VmafWish) -> VmafPath {
    match wish.frames {
        FrameWish::Listed(_) => VmafPath::Listed,
        FrameWish::Path(FramePath::All) => VmafPath::All,
        FrameWish::Path(FramePath::Cut { .. }) => VmafPath::Cut,
        FrameWish::Path(FramePath::SkipSubsample) => VmafPath::Subsample,
        FrameWish::Path(FramePath::Second) => VmafPath::Second,
    }
}

fn record(
    path: VmafPath,
    frames: &VmafFrames,
    scores: VmafScores,
    seed: u64,
    common: u64,
) -> Result<VmafMeasurement, MeasureError> {
    let frames = match frames {
        VmafFrames::All => (0..common).collect(),
        VmafFrames::Cut(list) => list.clone(),
        VmafFrames::Subsample { first, every } => {
            (*first..common).step_by(*every as usize).collect()
        }
    };
    let (base, neg) = (pooled(scores.base)?, pooled(scores.neg)?);
    Ok(VmafMeasurement {
        path,
        seed,
        frames,
        base,
        neg,
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
