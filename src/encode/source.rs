//! The clip that is worked on: read once, held in memory where it fits.

use std::ops::Range;
use std::path::Path;

use super::error::EncodeError;
use super::features::{FeatureGatherer, Features};
use super::process::FeedError;
use super::shots::ShotFinder;
use crate::media::{
    Frame, FrameIndex, FrameRateKind, FrameSource, HeldFrames, MediaError, PickedFrames,
    PixelConverter, SequentialFrames, index_frames,
};

/// How the encoder gets its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Through a pipe, as the metric sees them.
    Pipe,
    /// FFmpeg reads the file itself: frame times that are not even, or a rotation, go along that way.
    File,
}

/// A clip with what was learnt while it was read.
pub(crate) struct Source {
    pub(crate) index: FrameIndex,
    pub(crate) held: Option<HeldFrames>,
    pub(crate) way: Way,
    pub(crate) features: Features,
    pub(crate) shots: Vec<Range<u64>>,
    pub(crate) threads: u32,
}

/// Groups of frames that are looked at in a clip that is not held, spread evenly.
const SAMPLES: u64 = 12;
/// Frames of such a group.
const SAMPLE: u64 = 3;

impl Source {
    /// Reads a clip; holds its frames if they take no more than `memory` bytes.
    pub(crate) fn read(
        index: FrameIndex,
        threads: u32,
        memory: u64,
        with_shots: bool,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Option<Self>, EncodeError> {
        let path = &index.facts.path.clone();
        if index.frames == 0 {
            return Err(empty(path));
        }
        let facts = &index.facts;
        let way = way_of(&index);
        let mut pixels = PixelConverter::new(path, false);
        let mut gatherer = FeatureGatherer::default();
        let size = (facts.width as usize, facts.height as usize);
        let rate = (facts.average_frame_rate.num, facts.average_frame_rate.den);
        let mut shots = with_shots.then(|| ShotFinder::new(size, rate));
        let mut look = |frame: &Frame, gather: bool, cuts: bool| {
            pixels.with_picture(frame, |picture| {
                if gather {
                    gatherer.see(&picture);
                }
                if let Some(finder) = shots.as_mut().filter(|_| cuts) {
                    finder.see(&picture);
                }
            })
        };
        let mut wrong = None;
        let fits = HeldFrames::bytes_of(&index) <= memory;
        let held = if fits {
            let held = HeldFrames::read(&index, threads, |frame| {
                if let Err(e) = look(frame, true, true) {
                    wrong = Some(e);
                }
                wrong.is_none() && go_on()
            })?;
            if let Some(e) = wrong {
                return Err(e.into());
            }
            let Some(held) = held else { return Ok(None) };
            Some(held)
        } else {
            let mut picked = PickedFrames::open(&index, &sampled(index.frames), threads)?;
            while let Some((_, frame)) = picked.next_frame()? {
                look(&frame, true, false)?;
                if !go_on() {
                    return Ok(None);
                }
            }
            None
        };
        let features = gatherer.finish(&index);
        let frames = index.frames;
        let shots = match shots {
            Some(finder) if held.is_some() => finder.finish(),
            _ => std::iter::once(0..frames).collect(),
        };
        Ok(Some(Self {
            index,
            held,
            way,
            features,
            shots,
            threads,
        }))
    }

    /// A clip of which only the list of frames is read.
    pub(crate) fn unread(path: &Path, threads: u32) -> Result<Self, EncodeError> {
        let index = index_frames(path)?;
        if index.frames == 0 {
            return Err(empty(path));
        }
        Ok(Self {
            way: way_of(&index),
            features: FeatureGatherer::default().finish(&index),
            shots: std::iter::once(0..index.frames).collect(),
            index,
            held: None,
            threads,
        })
    }

    /// Frames of a range, from memory or from the file.
    pub(crate) fn frames(&self, range: &Range<u64>) -> Result<Box<dyn FrameSource>, MediaError> {
        if let Some(held) = &self.held {
            return Ok(held.range(range.clone()));
        }
        if *range == (0..self.index.frames) {
            let path = &self.index.facts.path;
            return Ok(Box::new(SequentialFrames::open(path, self.threads)?));
        }
        let wanted: Vec<u64> = range.clone().collect();
        Ok(Box::new(PickedFrames::open(
            &self.index,
            &wanted,
            self.threads,
        )?))
    }

    /// Writes the frames of a range as eight-bit 4:2:0, one behind the other.
    pub(crate) fn write(
        &self,
        range: &Range<u64>,
        to: &mut dyn std::io::Write,
    ) -> Result<(), FeedError> {
        let told = FeedError::Media;
        let mut pixels = PixelConverter::new(&self.index.facts.path, false);
        let mut frames = self.frames(range).map_err(told)?;
        while let Some((index, frame)) = frames.next_frame().map_err(told)? {
            if index >= range.end {
                break;
            }
            pixels
                .with_picture(&frame, |picture| -> std::io::Result<()> {
                    for row in picture.luma_rows() {
                        to.write_all(row)?;
                    }
                    for plane in picture.chroma_rows().into_iter().flatten() {
                        for row in plane {
                            to.write_all(row)?;
                        }
                    }
                    Ok(())
                })
                .map_err(told)??;
        }
        Ok(())
    }
}

fn empty(path: &Path) -> EncodeError {
    EncodeError::Unfit {
        input: path.to_path_buf(),
        reason: "it has no frames".into(),
    }
}

fn way_of(index: &FrameIndex) -> Way {
    let facts = &index.facts;
    let plain = facts.timing == FrameRateKind::Constant
        && facts.rotation == 0.0
        && !facts.edit_list
        && facts.average_frame_rate.per_second() > 0.0;
    if plain || index.frames == 1 {
        Way::Pipe
    } else {
        Way::File
    }
}

/// Frames that are looked at in a clip that is not held.
fn sampled(frames: u64) -> Vec<u64> {
    let groups = SAMPLES.min(frames.div_ceil(SAMPLE)).max(1);
    let mut wanted: Vec<u64> = (0..groups)
        .flat_map(|group| {
            let start = group * frames / groups;
            (start..(start + SAMPLE).min(frames)).collect::<Vec<_>>()
        })
        .collect();
    wanted.dedup();
    wanted
}
