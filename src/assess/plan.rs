//! From revisions and wishes to a measuring plan.

use std::path::Path;

use crate::domain::Task;
use crate::measure::{FrameWish, Models, PieappWish, Plan, VmafWish, Watch};
use crate::rules::{FramePath, Pixels, Revision};

/// Which frames VMAF is to see.
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

/// What is to be measured of which files.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// The task.
    pub task: Task,
    /// What the output is compared with.
    pub reference: &'a Path,
    /// The output.
    pub distorted: &'a Path,
    /// Frames of VMAF.
    pub frames: &'a FrameChoice,
    /// Whether pixels are measured as decoded.
    pub native: bool,
    /// VMAF models.
    pub models: Models,
    /// Draws for a distribution; 1 for a plain score.
    pub draws: u64,
    /// Threads.
    pub threads: u32,
    /// MiB.
    pub memory: u64,
    /// Seed of everything drawn.
    pub seed: u64,
    /// What gates want to see.
    pub watch: Watch,
}

/// Plans what `revision` measures, `draws` times with following seeds, and what each of `measured`
/// needs beside it.
#[must_use]
pub fn plan(request: &Wanted<'_>, revision: &Revision, measured: &[&Revision]) -> Plan {
    let frames_of = |r: &Revision| match request.frames {
        FrameChoice::All => Some(FrameWish::Path(FramePath::All)),
        FrameChoice::Sample(n) => Some(FrameWish::Path(FramePath::Cut { frames: *n })),
        FrameChoice::List(list) => Some(FrameWish::Listed(list.clone())),
        FrameChoice::Validator => match request.task {
            Task::Upscale => Some(r.upscaling.vmaf.frames),
            Task::Compress => r.compression.as_ref().map(|c| c.vmaf.frames),
        }
        .map(FrameWish::Path),
    };
    let mut vmaf: Vec<VmafWish> = Vec::new();
    let mut want = |frames: Option<FrameWish>, seed| {
        if let Some(frames) = frames {
            let wish = VmafWish { frames, seed };
            if !vmaf.contains(&wish) {
                vmaf.push(wish);
            }
        }
    };
    for draw in 0..request.draws {
        // What is not drawn is the same every time and measured once.
        let frames = frames_of(revision);
        let drawn = !matches!(
            frames,
            Some(FrameWish::Path(FramePath::All) | FrameWish::Listed(_)) | None
        );
        want(
            frames,
            request.seed.wrapping_add(if drawn { draw } else { 0 }),
        );
    }
    for other in measured {
        want(frames_of(other), request.seed);
    }
    let mut pieapp: Vec<PieappWish> = Vec::new();
    if request.task == Task::Upscale {
        let wish = |r: &Revision, seed| PieappWish {
            frames: r.upscaling.pieapp.frames,
            start: r.upscaling.pieapp.start,
            channels: r.upscaling.pieapp.channels,
            seed,
        };
        let draws = (0..request.draws).map(|draw| wish(revision, request.seed.wrapping_add(draw)));
        for wish in draws.chain(measured.iter().map(|r| wish(r, request.seed))) {
            if !pieapp.contains(&wish) {
                pieapp.push(wish);
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
        memory: request.memory << 20,
        seed: request.seed,
        watch: request.watch.clone(),
    }
}
