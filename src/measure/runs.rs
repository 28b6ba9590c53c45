//! Runs of VMAF with their frames drawn, and what else is measured on the way.

use std::collections::BTreeSet;

use super::draw::{VmafFrames, draw_vmaf};
use super::error::MeasureError;
use super::observe::FrameProbes;
use super::plan::{EvidenceRequest, FrameSelection, Plan, VmafRequest};
use super::vmaf_run::VmafPath;
use crate::media::{FrameIndex, MediaError};
use crate::metrics::sampled::{SAMPLED_FRAMES, positions};
use crate::rules::FramePath;

/// Frames of the path that validators fall back to.
const FALLBACK_FRAMES: u64 = 10;

/// A run with its frames drawn, and the seed they come from.
pub(super) type DrawnRun = (VmafPath, VmafFrames, u64);

/// Draws the frames of all runs.
pub(super) fn drawn(
    plan: &Plan,
    reference: &FrameIndex,
    common: u64,
) -> Result<Vec<DrawnRun>, MeasureError> {
    let rate = reference.facts.average_frame_rate.per_second();
    let mut runs = Vec::with_capacity(plan.vmaf.len());
    for request in &plan.vmaf {
        let (path, mut frames) = (path_of(request), draw_vmaf(request, reference.frames, rate));
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
            // Without a frame in its log a validator falls back to cut-out frames.
            VmafFrames::Subsample { first, .. } if *first >= common => {
                let frames = FrameSelection::Path(FramePath::Cut {
                    frames: FALLBACK_FRAMES,
                });
                let request = VmafRequest {
                    frames,
                    seed: request.seed,
                };
                (
                    VmafPath::FallbackCut,
                    draw_vmaf(&request, common, rate),
                    request.seed,
                )
            }
            _ => (path, frames, request.seed),
        });
    }
    Ok(runs)
}

/// Which frames are probed for what.
pub(super) fn probes(evidence: &EvidenceRequest, runs: &[DrawnRun], common: u64) -> FrameProbes {
    let cut = runs.iter().flat_map(|(_, frames, _)| match frames {
        VmafFrames::Cut(list) if evidence.channels => list.as_slice(),
        _ => &[],
    });
    FrameProbes {
        signal: evidence.signal,
        tone: evidence.tone,
        channels: cut.copied().collect(),
        sampled: if evidence.sampled {
            positions(common, SAMPLED_FRAMES).into_iter().collect()
        } else {
            BTreeSet::new()
        },
        alignment: evidence.alignment,
        chroma_psnr: false,
    }
}

fn path_of(request: &VmafRequest) -> VmafPath {
    match request.frames {
        FrameSelection::Listed(_) => VmafPath::Listed,
        FrameSelection::Path(FramePath::All) => VmafPath::All,
        FrameSelection::Path(FramePath::Cut { .. }) => VmafPath::Cut,
        FrameSelection::Path(FramePath::SkipSubsample) => VmafPath::Subsample,
        FrameSelection::Path(FramePath::Second) => VmafPath::Second,
    }
}
