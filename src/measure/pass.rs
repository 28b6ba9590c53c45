//! One pass over both files that feeds several runs of VMAF.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use super::draw::VmafFrames;
use super::error::MeasureError;
use super::observe::Observer;
use super::plan::{Models, Progress, Step};
use crate::media::{
    Frame, FrameIndex, FrameSource, HeldFrames, MediaError, PickedFrames, PixelConverter,
    SequentialFrames,
};
use crate::metrics::vmaf::{VmafContext, VmafScores, VmafSettings};

/// Frames that wait between a decoder and VMAF, for each file.
const QUEUE: usize = 3;

/// How a pass is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct PassSettings {
    pub(super) decoding: u32,
    /// Threads of VMAF, where one run has them all.
    pub(super) vmaf: u32,
    pub(super) native: bool,
    pub(super) models: Models,
    /// Frames that both files have.
    pub(super) common: u64,
    /// Size that the reference is upscaled to by Lanczos.
    pub(super) upscaled_to: Option<(u32, u32)>,
}

/// One run of VMAF that waits for its frames.
struct Run<'a> {
    frames: &'a VmafFrames,
    context: VmafContext,
}

impl Run<'_> {
    fn wants(&self, index: u64) -> bool {
        match self.frames {
            VmafFrames::All => true,
            VmafFrames::Cut(list) => list.binary_search(&index).is_ok(),
            VmafFrames::Subsample { first, .. } => index >= *first,
        }
    }
}

/// Measures several selections in one pass, in their order.
pub(super) fn vmaf_pass(
    (reference, held): (&FrameIndex, Option<&HeldFrames>),
    distorted: &FrameIndex,
    selections: &[VmafFrames],
    settings: PassSettings,
    mut observer: Option<&mut Observer>,
    progress: &dyn Progress,
) -> Result<Vec<VmafScores>, MeasureError> {
    let mut runs = runs(selections, settings);
    let listed = union(selections, observer.as_deref(), settings.common);
    let open = |index: &FrameIndex| -> Result<Box<dyn FrameSource>, MediaError> {
        Ok(match &listed {
            Some(list) => Box::new(PickedFrames::open(index, list, settings.decoding)?),
            None => Box::new(SequentialFrames::open(
                &index.facts.path,
                settings.decoding,
            )?),
        })
    };
    let left = match (held, &listed) {
        (Some(held), Some(list)) => held.listed(list.iter().copied().collect()),
        (Some(held), None) => held.range(0..reference.frames),
        (None, _) => open(reference)?,
    };
    let right = open(distorted)?;
    let units = listed
        .as_ref()
        .map_or(settings.common, |list| list.len() as u64);
    progress.begin(Step::Vmaf, units);
    std::thread::scope(|scope| {
        let left = decode(scope, left);
        let right = decode(scope, right);
        let mut pixels = (
            PixelConverter::new(&reference.facts.path, settings.native)
                .upscaled(settings.upscaled_to),
            PixelConverter::new(&distorted.facts.path, settings.native),
        );
        let mut done = 0;
        while done < units {
            if !progress.go_on() {
                let path = distorted.facts.path.clone();
                return Err(MeasureError::Stopped { path });
            }
            let first = next(&left, &reference.facts.path, done, reference.frames)?;
            let second = next(&right, &distorted.facts.path, done, distorted.frames)?;
            if first.0 != second.0 {
                let (reference, distorted) = (first.0, second.0);
                return Err(MeasureError::FramesOutOfStep {
                    reference,
                    distorted,
                });
            }
            if runs.iter().any(|run| run.wants(first.0)) {
                push(&mut runs, &first, &second.1, &mut pixels)?;
            }
            if let Some(observer) = &mut observer {
                observer.see(first.0, &first.1, &second.1)?;
            }
            done += 1;
            progress.advance();
        }
        // Frames behind the last pair are not decoded: dropping the receivers stops both threads.
        drop((left, right));
        Ok::<(), MeasureError>(())
    })?;
    progress.end();
    runs.into_iter()
        .map(|run| Ok(run.context.finish()?))
        .collect()
}

/// A run of VMAF for each selection.
fn runs(selections: &[VmafFrames], settings: PassSettings) -> Vec<Run<'_>> {
    // With several runs the frames are spread over contexts, so each needs one thread only.
    let threads = match selections {
        [_, _, ..] => 1,
        _ => settings.vmaf,
    };
    selections
        .iter()
        .map(|frames| Run {
            frames,
            context: VmafContext::new(VmafSettings {
                threads,
                subsample: match frames {
                    VmafFrames::Subsample { every, .. } => *every,
                    VmafFrames::All | VmafFrames::Cut(_) => 1,
                },
                base: settings.models != Models::Neg,
                neg: settings.models != Models::Base,
            }),
        })
        .collect()
}

/// The frames that have to be decoded, or `None` for all.
fn union(selections: &[VmafFrames], observer: Option<&Observer>, common: u64) -> Option<Vec<u64>> {
    let mut union = match observer {
        Some(observer) => observer.probes().frames()?,
        None => BTreeSet::new(),
    };
    union.retain(|frame| *frame < common);
    for frames in selections {
        match frames {
            VmafFrames::Cut(list) => union.extend(list.iter().copied()),
            VmafFrames::All | VmafFrames::Subsample { .. } => return None,
        }
    }
    Some(union.into_iter().collect())
}

type Decoded = Result<(u64, Frame), MediaError>;

fn decode<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    mut source: Box<dyn FrameSource>,
) -> Receiver<Decoded> {
    let (sender, receiver) = sync_channel(QUEUE);
    scope.spawn(move || {
        loop {
            let message = match source.next_frame() {
                Ok(Some(frame)) => Ok(frame),
                Ok(None) => return,
                Err(e) => Err(e),
            };
            let failed = message.is_err();
            if sender.send(message).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

fn next(
    queue: &Receiver<Decoded>,
    path: &Path,
    done: u64,
    announced: u64,
) -> Result<(u64, Frame), MeasureError> {
    match queue.recv() {
        Ok(frame) => Ok(frame?),
        // The decoder gave fewer frames than the file has packets.
        Err(_) => Err(MediaError::Undecoded {
            path: path.to_path_buf(),
            frames: announced,
            decoded: done,
        }
        .into()),
    }
}

fn push(
    runs: &mut [Run<'_>],
    (index, reference): &(u64, Frame),
    distorted: &Frame,
    pixels: &mut (PixelConverter, PixelConverter),
) -> Result<(), MeasureError> {
    let (left, right) = pixels;
    left.with_luma(reference, |format, luma, stride| {
        right.with_luma(distorted, |other_format, other_luma, other_stride| {
            for run in runs.iter_mut().filter(|run| run.wants(*index)) {
                run.context.push(
                    (format, luma, stride),
                    (other_format, other_luma, other_stride),
                )?;
            }
            Ok::<(), MeasureError>(())
        })
    })???;
    Ok(())
}
