//! From revisions and a request to a measuring plan.

use crate::domain::{MiB, Task};
use std::path::Path;

use crate::measure::{EvidenceRequest, FrameSelection, Models, PieappRequest, Plan, VmafRequest};
use crate::rules::{FramePath, Pixels, Revision};

/// Frames that VMAF is measured on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameChoice {
    /// Those of the revision's own procedure.
    Validator,
    /// Every frame.
    All,
    /// So many, drawn and cut out.
    Sample(u64),
    /// Exactly these.
    List(Vec<u64>),
}

/// What is to be measured, and of which files.
#[derive(Debug, Clone)]
pub struct MeasureRequest<'a> {
    pub task: Task,
    /// What the output is compared with.
    pub reference: &'a Path,
    pub distorted: &'a Path,
    pub frames: &'a FrameChoice,
    /// Whether pixels are measured as decoded.
    pub native: bool,
    pub models: Models,
    /// Draws for a distribution; 1 for a plain score.
    pub draws: u64,
    pub threads: u32,
    /// Memory that decoding and VMAF may take.
    pub memory: MiB,
    /// Seed of everything drawn.
    pub seed: u64,
    /// What gates need measured.
    pub evidence: EvidenceRequest,
}

/// Plans what `revision` measures, `draws` times with following seeds, and what each of `measured`
/// needs beside it.
#[must_use]
pub fn plan(request: &MeasureRequest<'_>, revision: &Revision, measured: &[&Revision]) -> Plan {
    let frames_of = |r: &Revision| match request.frames {
        FrameChoice::All => Some(FrameSelection::Path(FramePath::All)),
        FrameChoice::Sample(n) => Some(FrameSelection::Path(FramePath::Cut { frames: *n })),
        FrameChoice::List(list) => Some(FrameSelection::Listed(list.clone())),
        FrameChoice::Validator => match request.task {
            Task::Upscale => Some(r.upscaling.vmaf.frames),
            Task::Compress => r.compression.as_ref().map(|c| c.vmaf.frames),
        }
        .map(FrameSelection::Path),
    };
    let mut vmaf: Vec<VmafRequest> = Vec::new();
    let mut add = |frames: Option<FrameSelection>, seed| {
        if let Some(frames) = frames {
            let run = VmafRequest { frames, seed };
            if !vmaf.contains(&run) {
                vmaf.push(run);
            }
        }
    };
    for draw in 0..request.draws {
        // What is not drawn is the same every time and measured once.
        let frames = frames_of(revision);
        let drawn = !matches!(
            frames,
            Some(FrameSelection::Path(FramePath::All) | FrameSelection::Listed(_)) | None
        );
        add(
            frames,
            request.seed.wrapping_add(if drawn { draw } else { 0 }),
        );
    }
    for other in measured {
        add(frames_of(other), request.seed);
    }
    let mut pieapp: Vec<PieappRequest> = Vec::new();
    if request.task == Task::Upscale {
        let run = |r: &Revision, seed| PieappRequest {
            frames: r.upscaling.pieapp.frames,
            start: r.upscaling.pieapp.start,
            channels: r.upscaling.pieapp.channels,
            seed,
        };
        let draws = (0..request.draws).map(|draw| run(revision, request.seed.wrapping_add(draw)));
        for run in draws.chain(measured.iter().map(|r| run(r, request.seed))) {
            if !pieapp.contains(&run) {
                pieapp.push(run);
            }
        }
    }
    Plan {
        task: request.task,
        reference: request.reference.to_path_buf(),
        distorted: request.distorted.to_path_buf(),
        vmaf,
        pieapp,
        models: request.models,
        pixels: if request.native {
            Pixels::Native
        } else {
            revision.measure.pixels
        },
        fewest_frames: revision.measure.fewest_frames,
        frame_tolerance: revision.gates.frame_tolerance,
        threads: request.threads,
        memory: request.memory.into(),
        seed: request.seed,
        evidence: request.evidence.clone(),
    }
}
