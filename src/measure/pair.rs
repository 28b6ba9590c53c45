//! VMAF of two files and the evidence for gates, each file decoded as few times as possible.

use std::path::Path;

use super::draw::VmafFrames;
use super::error::MeasureError;
use super::evidence::{Basis, FrameEvidence, GateEvidence, OriginalEvidence};
use super::observe::{FrameProbes, Observer};
use super::pass::{PassSettings, vmaf_pass};
use super::plan::{Plan, Progress};
use super::runs::{DrawnRun, drawn, probes};
use super::shares::Shares;
use super::vmaf_run::{VmafMeasurement, VmafPath};
use crate::media::{FrameIndex, HeldFrames, MediaError, audio_streams, index_frames};
use crate::metrics::alignment::Alignment;
use crate::metrics::sampled::Sampled;
use crate::metrics::vmaf::VmafScores;
use crate::rules::Pixels;
use crate::scoring::{PooledVmaf, ScoringError};

/// Two files with what they share.
pub(super) struct Pair<'a> {
    pub(super) reference: &'a FrameIndex,
    /// Frames of the reference, where they are in memory.
    pub(super) held: Option<&'a HeldFrames>,
    pub(super) distorted: &'a FrameIndex,
    /// Frames that both have.
    pub(super) common: u64,
    /// Size that the reference is upscaled to by Lanczos.
    pub(super) upscaled_to: Option<(u32, u32)>,
    pub(super) shares: Shares,
}

/// One run of every frame.
fn whole(plan: &Plan) -> [DrawnRun; 1] {
    [(VmafPath::All, VmafFrames::All, plan.seed)]
}

impl Pair<'_> {
    /// VMAF and the evidence for gates, each file decoded once.
    pub(super) fn measure(
        &self,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<(Vec<VmafMeasurement>, Option<GateEvidence>), MeasureError> {
        let evidence = &plan.evidence;
        let runs = drawn(plan, self.reference, self.common)?;
        if evidence.is_nothing() {
            return Ok((self.vmaf_runs(plan, &runs, None, progress)?, None));
        }
        let mut probes = probes(evidence, &runs, self.common);
        probes.chroma_psnr = evidence.original.is_some();
        let payload = evidence.payload.as_deref().map(index_frames).transpose()?;
        if let Some(payload) = payload.as_ref().filter(|_| evidence.payload_is_basis) {
            // Frames are compared with what the miner received, so they are probed in that pass;
            // alignment is found there, too.
            let vmaf = self.vmaf_runs(plan, &runs, None, progress)?;
            let size = (self.distorted.facts.width, self.distorted.facts.height);
            let mut observer = Observer::new(probes, payload, self.distorted, Some(size));
            let against = self.against_payload(plan, payload, Some(&mut observer), progress)?;
            let evidence = GateEvidence {
                basis: Basis::EnlargedPayload,
                payload_vmaf: against,
                ..self.evidence(
                    plan,
                    Some(payload),
                    observer.finish(payload, self.distorted),
                )?
            };
            return Ok((vmaf, Some(evidence)));
        }
        let mut observer = Observer::new(probes, self.reference, self.distorted, None);
        let vmaf = self.vmaf_runs(plan, &runs, Some(&mut observer), progress)?;
        let original = match (&evidence.original, observer.chroma_psnr()) {
            (Some(original), Some(chroma)) => {
                self.original(plan, original, &vmaf, chroma, progress)?
            }
            _ => None,
        };
        let payload_vmaf = match payload.as_ref().filter(|_| evidence.payload_vmaf) {
            Some(payload) => self.against_payload(plan, payload, None, progress)?,
            None => None,
        };
        let seen = observer.finish(self.reference, self.distorted);
        let evidence = GateEvidence {
            original,
            payload_vmaf,
            ..self.evidence(plan, payload.as_ref(), seen)?
        };
        Ok((vmaf, Some(evidence)))
    }

    /// VMAF of every frame against what the miner received, upscaled to the output's size.
    fn against_payload(
        &self,
        plan: &Plan,
        payload: &FrameIndex,
        observer: Option<&mut Observer>,
        progress: &dyn Progress,
    ) -> Result<Option<VmafMeasurement>, MeasureError> {
        let pair = Pair {
            reference: payload,
            held: None,
            common: payload.frames.min(self.distorted.frames),
            upscaled_to: Some((self.distorted.facts.width, self.distorted.facts.height)),
            ..*self
        };
        let runs = pair.vmaf_runs(plan, &whole(plan), observer, progress)?;
        Ok(runs.into_iter().next())
    }

    /// What was seen, compared with the reference, and what the files themselves show.
    fn evidence(
        &self,
        plan: &Plan,
        payload: Option<&FrameIndex>,
        (frames, sampled, alignment): (Vec<FrameEvidence>, Option<Sampled>, Option<Alignment>),
    ) -> Result<GateEvidence, MeasureError> {
        let audio = plan.evidence.audio.then(|| {
            let of = |index: &FrameIndex| audio_streams(&index.facts.path);
            Ok::<_, MediaError>([of(self.reference)?, of(self.distorted)?])
        });
        Ok(GateEvidence {
            basis: Basis::Reference,
            payload_frames: payload.map(|p| p.frames),
            payload: payload.map(|p| p.facts.clone()),
            frames,
            sampled,
            payload_vmaf: None,
            original: None,
            alignment,
            audio: audio.transpose()?,
        })
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
        let probes = FrameProbes {
            chroma_psnr: true,
            ..FrameProbes::default()
        };
        let mut observer = Observer::new(probes, &original, self.distorted, None);
        let pair = Pair {
            reference: &original,
            held: None,
            ..*self
        };
        let against = pair.vmaf_runs(plan, &whole(plan), Some(&mut observer), progress)?;
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
            upscaled_to: self.upscaled_to,
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
                (self.reference, self.held),
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

/// Refuses clips of different dimensions.
pub(super) fn same_size(
    reference: &FrameIndex,
    distorted: &FrameIndex,
) -> Result<(), MeasureError> {
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
