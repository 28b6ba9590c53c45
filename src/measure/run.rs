//! The order of work for one pair.

use std::collections::BTreeSet;
use std::path::Path;

use super::draw::{VmafFrames, draw_vmaf};
use super::error::MeasureError;
use super::evidence::{Basis, FrameEvidence, GateEvidence, OriginalEvidence};
use super::measurement::{Backend, MEASUREMENT_SCHEMA, Measurement, VmafMeasurement, VmafPath};
use super::observe::{Looks, Observer};
use super::pass::{PassSettings, vmaf_pass};
use super::perceptual::{PieappBackend, pieapp_runs};
use super::plan::{FrameWish, Models, Plan, Progress, Step, VmafWish, Watch};
use crate::media::{
    FrameIndex, FrameRateKind, MediaError, index_frames, library_versions, sound_streams,
};
use crate::metrics::alignment::Alignment;
use crate::metrics::pieapp::SMALLEST_SIDE;
use crate::metrics::sampled::{SAMPLED_FRAMES, Sampled, positions};
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
    let (mut vmaf, gates) = {
        let pair = Pair {
            reference: &reference,
            distorted: &distorted,
            common,
            shares,
        };
        pair.measure(plan, progress)?
    };
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
        gates,
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

/// Two files with what they share.
struct Pair<'a> {
    reference: &'a FrameIndex,
    distorted: &'a FrameIndex,
    common: u64,
    shares: Shares,
}

impl Pair<'_> {
    /// VMAF and what gates want to see, each file decoded once.
    fn measure(
        &self,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<(Vec<VmafMeasurement>, Option<GateEvidence>), MeasureError> {
        let watch = &plan.watch;
        let runs = drawn(plan, self.reference, self.common)?;
        if watch.is_nothing() {
            return Ok((self.vmaf_runs(plan, &runs, None, progress)?, None));
        }
        let mut looks = looks(watch, &runs, self.common);
        looks.chroma_psnr = watch.original.is_some();
        let payload = watch.payload.as_deref().map(index_frames).transpose()?;
        let size = (self.distorted.facts.width, self.distorted.facts.height);
        let (vmaf, seen, payload_vmaf) = match &payload {
            // Pictures are compared with what the miner received, so they are seen in that pass;
            // whether both clips run side by side is told there, too.
            Some(payload) if watch.payload_is_basis => {
                let vmaf = self.vmaf_runs(plan, &runs, None, progress)?;
                let common = payload.frames.min(self.distorted.frames);
                let mut observer = Observer::new(looks, payload, self.distorted, Some(size));
                let pair = Pair {
                    reference: payload,
                    distorted: self.distorted,
                    common,
                    shares: self.shares,
                };
                let all = [(VmafPath::All, VmafFrames::All, plan.seed)];
                let mut runs = pair.enlarged(plan, &all, size, &mut observer, progress)?;
                (vmaf, observer.finish(payload, self.distorted), runs.pop())
            }
            _ => {
                let mut observer = Observer::new(looks, self.reference, self.distorted, None);
                let vmaf = self.vmaf_runs(plan, &runs, Some(&mut observer), progress)?;
                let chroma = observer.chroma_psnr();
                let seen = observer.finish(self.reference, self.distorted);
                let original = match (&watch.original, chroma) {
                    (Some(original), Some(chroma)) => {
                        Some(self.original(plan, original, &vmaf, chroma, progress)?)
                    }
                    _ => None,
                };
                let evidence = self.evidence(plan, payload, seen, None)?;
                return Ok((
                    vmaf,
                    Some(GateEvidence {
                        original: original.flatten(),
                        ..evidence
                    }),
                ));
            }
        };
        let evidence = self.evidence(plan, payload, seen, payload_vmaf)?;
        Ok((vmaf, Some(evidence)))
    }

    fn evidence(
        &self,
        plan: &Plan,
        payload: Option<FrameIndex>,
        seen: (Vec<FrameEvidence>, Option<Sampled>, Option<Alignment>),
        payload_vmaf: Option<VmafMeasurement>,
    ) -> Result<GateEvidence, MeasureError> {
        let (frames, sampled, alignment) = seen;
        let sound = plan.watch.sound.then(|| {
            let of = |index: &FrameIndex| sound_streams(&index.facts.path);
            Ok::<_, MediaError>([of(self.reference)?, of(self.distorted)?])
        });
        Ok(GateEvidence {
            basis: if payload_vmaf.is_some() {
                Basis::EnlargedPayload
            } else {
                Basis::Reference
            },
            payload_frames: payload.as_ref().map(|p| p.frames),
            payload: payload.map(|p| p.facts),
            frames,
            sampled,
            payload_vmaf,
            original: None,
            alignment,
            sound: sound.transpose()?,
        })
    }

    /// VMAF of every frame against a clip that is enlarged to the output's size.
    fn enlarged(
        &self,
        plan: &Plan,
        runs: &[DrawnRun],
        size: (u32, u32),
        observer: &mut Observer,
        progress: &dyn Progress,
    ) -> Result<Vec<VmafMeasurement>, MeasureError> {
        let settings = PassSettings {
            enlarged: Some(size),
            ..self.settings(plan)
        };
        let frames: Vec<VmafFrames> = runs.iter().map(|(_, frames, _)| frames.clone()).collect();
        let scores = vmaf_pass(
            self.reference,
            self.distorted,
            &frames,
            settings,
            Some(observer),
            progress,
        )?;
        let pairs = runs.iter().zip(scores);
        pairs
            .map(|((path, frames, seed), scores)| record(*path, frames, scores, *seed, self.common))
            .collect()
    }

    /// Nearness to the original; nothing where VMAF of all frames was not measured.
    fn original(
        &self,
        plan: &Plan,
        path: &Path,
        vmaf: &[VmafMeasurement],
        chroma_psnr_received: f64,
        progress: &dyn Progress,
    ) -> Result<Option<OriginalEvidence>, MeasureError> {
        let base = |run: &VmafMeasurement| run.base.as_ref().map(|base| base.mean);
        let received = vmaf.iter().find(|run| run.path == VmafPath::All);
        let original = index_frames(path)?;
        if original.frames != self.distorted.frames {
            return Err(MeasureError::FrameCountsDiffer {
                distorted: self.distorted.facts.path.clone(),
                distorted_frames: self.distorted.frames,
                reference_frames: original.frames,
                tolerance: 0,
            });
        }
        same_size(&original, self.distorted)?;
        let looks = Looks {
            chroma_psnr: true,
            ..Looks::default()
        };
        let mut observer = Observer::new(looks, &original, self.distorted, None);
        let pair = Pair {
            reference: &original,
            ..*self
        };
        let runs = [(VmafPath::All, VmafFrames::All, plan.seed)];
        let against = pair.vmaf_runs(plan, &runs, Some(&mut observer), progress)?;
        Ok((|| {
            Some(OriginalEvidence {
                vmaf: base(against.first()?)?,
                vmaf_received: base(received?)?,
                chroma_psnr: observer.chroma_psnr()?,
                chroma_psnr_received,
            })
        })())
    }

    fn settings(&self, plan: &Plan) -> PassSettings {
        PassSettings {
            decoding: self.shares.decoding,
            vmaf: self.shares.vmaf,
            native: plan.pixels == Pixels::Native,
            models: plan.models,
            common: self.common,
            enlarged: None,
        }
    }

    /// Measures runs of VMAF, as many in one pass as memory allows; the observer sees the first.
    fn vmaf_runs(
        &self,
        plan: &Plan,
        runs: &[DrawnRun],
        mut observer: Option<&mut Observer>,
        progress: &dyn Progress,
    ) -> Result<Vec<VmafMeasurement>, MeasureError> {
        let settings = self.settings(plan);
        let mut records = Vec::with_capacity(runs.len());
        for group in runs.chunks(self.shares.runs_together) {
            let frames: Vec<VmafFrames> =
                group.iter().map(|(_, frames, _)| frames.clone()).collect();
            let scores = vmaf_pass(
                self.reference,
                self.distorted,
                &frames,
                settings,
                observer.take(),
                progress,
            )?;
            for ((path, frames, seed), scores) in group.iter().zip(scores) {
                records.push(record(*path, frames, scores, *seed, self.common)?);
            }
        }
        Ok(records)
    }
}

/// A run with its frames drawn, and the seed they come from.
type DrawnRun = (VmafPath, VmafFrames, u64);

/// Draws the frames of all runs.
fn drawn(plan: &Plan, reference: &FrameIndex, common: u64) -> Result<Vec<DrawnRun>, MeasureError> {
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
                (
                    VmafPath::FallbackCut,
                    draw_vmaf(&wish, common, rate),
                    wish.seed,
                )
            }
            _ => (path, frames, wish.seed),
        });
    }
    Ok(runs)
}

/// Which frames are looked at how.
fn looks(watch: &Watch, runs: &[DrawnRun], common: u64) -> Looks {
    let cut = runs.iter().flat_map(|(_, frames, _)| match frames {
        VmafFrames::Cut(list) if watch.channels => list.as_slice(),
        _ => &[],
    });
    Looks {
        signal: watch.signal,
        tone: watch.tone,
        channels: cut.copied().collect(),
        sampled: if watch.sampled {
            positions(common, SAMPLED_FRAMES).into_iter().collect()
        } else {
            BTreeSet::new()
        },
        alignment: watch.alignment,
        chroma_psnr: false,
    }
}

fn same_size(reference: &FrameIndex, distorted: &FrameIndex) -> Result<(), MeasureError> {
    let (a, b) = (&reference.facts, &distorted.facts);
    if (a.width, a.height) == (b.width, b.height) {
        return Ok(());
    }
    Err(MeasureError::SizesDiffer {
        distorted: b.path.clone(),
        distorted_size: format!("{}x{}", b.width, b.height),
        reference_size: format!("{}x{}", a.width, a.height),
        swapped: b.width > a.width && b.height > a.height,
    })
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
