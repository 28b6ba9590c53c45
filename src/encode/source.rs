//! The input clip: read once, and held in memory if it fits.

use std::ops::Range;
use std::path::Path;

use super::encoders::process::FeedError;
use super::error::EncodeError;
use super::search::features::{FeatureGatherer, Features};
use super::search::shots::ShotFinder;
use crate::media::{
    Frame, FrameIndex, FrameRateKind, FrameSource, HeldFrames, MediaError, PickedFrames,
    PixelConverter, SequentialFrames, index_frames,
};

/// How frames reach the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameTransport {
    /// Decoded by us and piped, exactly as the metric sees them.
    Pipe,
    /// FFmpeg reads the file itself, which preserves variable frame times and rotation.
    File,
}

/// A clip, with what its first pass showed.
pub(crate) struct SourceClip {
    pub(crate) index: FrameIndex,
    pub(crate) held: Option<HeldFrames>,
    pub(crate) transport: FrameTransport,
    pub(crate) features: Features,
    pub(crate) shots: Vec<Range<u64>>,
    pub(crate) threads: u32,
}

/// Groups of consecutive frames, spread evenly, that determine the features of a clip that is not held. Our
/// choice.
const SAMPLE_GROUPS: u64 = 12;
/// Frames per group. Our choice: temporal features need consecutive frames.
const FRAMES_PER_GROUP: u64 = 3;

/// The first pass over the frames of a clip.
struct Scan {
    pixels: PixelConverter,
    features: FeatureGatherer,
    shots: Option<ShotFinder>,
}

impl Scan {
    fn new(index: &FrameIndex, with_shots: bool) -> Self {
        let facts = &index.facts;
        let size = (facts.width as usize, facts.height as usize);
        let rate = (facts.average_frame_rate.num, facts.average_frame_rate.den);
        Self {
            pixels: PixelConverter::new(&facts.path, false),
            features: FeatureGatherer::default(),
            shots: with_shots.then(|| ShotFinder::new(size, rate)),
        }
    }

    /// Adds a frame; only consecutive frames can show cuts.
    fn add_frame(&mut self, frame: &Frame, consecutive: bool) -> Result<(), MediaError> {
        self.pixels.with_view(frame, |view| {
            self.features.add_frame(&view);
            if let Some(finder) = self.shots.as_mut().filter(|_| consecutive) {
                finder.add_frame(&view);
            }
        })
    }
}

impl SourceClip {
    /// Reads a clip, and holds its frames if they occupy no more than `memory` bytes. Nothing if `go_on`
    /// returned false.
    pub(crate) fn read(
        index: FrameIndex,
        threads: u32,
        memory: u64,
        with_shots: bool,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Option<Self>, EncodeError> {
        if index.frames == 0 {
            return Err(empty(&index.facts.path));
        }
        let mut scan = Scan::new(&index, with_shots);
        let held = if HeldFrames::bytes_of(&index) <= memory {
            let mut failure = None;
            let held = HeldFrames::read(&index, threads, |frame| {
                failure = scan.add_frame(frame, true).err();
                failure.is_none() && go_on()
            })?;
            if let Some(e) = failure {
                return Err(e.into());
            }
            let Some(held) = held else { return Ok(None) };
            Some(held)
        } else {
            let mut picked = PickedFrames::open(&index, &sampled(index.frames), threads)?;
            while let Some((_, frame)) = picked.next_frame()? {
                scan.add_frame(&frame, false)?;
                if !go_on() {
                    return Ok(None);
                }
            }
            None
        };
        let shots = match scan.shots {
            Some(finder) if held.is_some() => finder.finish(),
            _ => std::iter::once(0..index.frames).collect(),
        };
        Ok(Some(Self {
            transport: transport_of(&index),
            features: scan.features.finish(&index),
            shots,
            index,
            held,
            threads,
        }))
    }

    /// A clip of which only the index of frames is read.
    pub(crate) fn unread(path: &Path, threads: u32) -> Result<Self, EncodeError> {
        let index = index_frames(path)?;
        if index.frames == 0 {
            return Err(empty(path));
        }
        Ok(Self {
            transport: transport_of(&index),
            features: FeatureGatherer::default().finish(&index),
            shots: std::iter::once(0..index.frames).collect(),
            index,
            held: None,
            threads,
        })
    }

    /// The frames of a range, from memory or from the file.
    pub(crate) fn frames(&self, range: &Range<u64>) -> Result<Box<dyn FrameSource>, MediaError> {
        if let Some(held) = &self.held {
            return Ok(held.range(range.clone()));
        }
        if *range == (0..self.index.frames) {
            let path = &self.index.facts.path;
            return Ok(Box::new(SequentialFrames::open(path, self.threads)?));
        }
        let picked: Vec<u64> = range.clone().collect();
        Ok(Box::new(PickedFrames::open(
            &self.index,
            &picked,
            self.threads,
        )?))
    }

    /// Writes the frames of a range as raw eight-bit 4:2:0.
    pub(crate) fn write(
        &self,
        range: &Range<u64>,
        to: &mut dyn std::io::Write,
    ) -> Result<(), FeedError> {
        let media = FeedError::Media;
        let mut pixels = PixelConverter::new(&self.index.facts.path, false);
        let mut frames = self.frames(range).map_err(media)?;
        while let Some((index, frame)) = frames.next_frame().map_err(media)? {
            if index >= range.end {
                break;
            }
            pixels
                .with_view(&frame, |view| -> std::io::Result<()> {
                    for row in view.luma_rows() {
                        to.write_all(row)?;
                    }
                    for plane in view.chroma_rows().into_iter().flatten() {
                        for row in plane {
                            to.write_all(row)?;
                        }
                    }
                    Ok(())
                })
                .map_err(media)??;
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

fn transport_of(index: &FrameIndex) -> FrameTransport {
    let facts = &index.facts;
    let plain = facts.timing == FrameRateKind::Constant
        && facts.rotation == 0.0
        && !facts.edit_list
        && facts.average_frame_rate.per_second() > 0.0;
    if plain || index.frames == 1 {
        FrameTransport::Pipe
    } else {
        FrameTransport::File
    }
}

/// The frames that determine the features of a clip that is not held.
fn sampled(frames: u64) -> Vec<u64> {
    let groups = SAMPLE_GROUPS.min(frames.div_ceil(FRAMES_PER_GROUP)).max(1);
    let mut picked: Vec<u64> = (0..groups)
        .flat_map(|group| {
            let start = group * frames / groups;
            (start..(start + FRAMES_PER_GROUP).min(frames)).collect::<Vec<_>>()
        })
        .collect();
    picked.dedup();
    picked
}
