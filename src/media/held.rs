//! A clip whose frames stay in memory, so that it is decoded once however often it is read.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::FrameSource;
use super::error::MediaError;
use super::ffi::Frame;
use super::index::FrameIndex;
use super::sequential::SequentialFrames;

/// Decoded frames, shared and never written to.
#[derive(Debug, Clone)]
pub struct HeldFrames {
    path: PathBuf,
    frames: Arc<Vec<Frame>>,
}

/// Bytes of a picture in memory: a decoder pads rows, and depths above eight take two bytes.
fn picture_bytes(index: &FrameIndex) -> u64 {
    let facts = &index.facts;
    let format = facts.pixel_format.as_str();
    let deep = format.contains("10") || format.contains("12") || format.contains("16");
    let row = u64::from(facts.width).next_multiple_of(64) + 64;
    // 4:2:0 takes half as much again as luma alone; whatever else there is, four times that is enough.
    let halves = if format.contains("420p") { 3 } else { 8 };
    row * u64::from(facts.height) * halves * if deep { 2 } else { 1 } / 2
}

impl HeldFrames {
    /// Bytes that all frames of a clip would take.
    #[must_use]
    pub fn bytes_of(index: &FrameIndex) -> u64 {
        picture_bytes(index) * index.frames
    }

    /// Decodes a whole clip; `each` is told of every frame and stops the work by answering `false`.
    ///
    /// # Errors
    /// What is wrong with the file. Stopped work gives nothing and is no error.
    pub fn read(
        index: &FrameIndex,
        threads: u32,
        mut each: impl FnMut(&Frame) -> bool,
    ) -> Result<Option<Self>, MediaError> {
        let path = index.facts.path.clone();
        let mut source = SequentialFrames::open(&path, threads)?;
        let mut frames = Vec::new();
        while let Some((_, frame)) = source.next_frame()? {
            if !each(&frame) {
                return Ok(None);
            }
            frames.push(frame);
        }
        if (frames.len() as u64) < index.frames {
            return Err(MediaError::Undecoded {
                path,
                frames: index.frames,
                decoded: frames.len() as u64,
            });
        }
        Ok(Some(Self {
            path,
            frames: Arc::new(frames),
        }))
    }

    /// Yields frames of a range, with their display indices.
    #[must_use]
    pub fn range(&self, range: Range<u64>) -> Box<dyn FrameSource> {
        self.listed(range.collect())
    }

    /// Yields the named frames in their order.
    #[must_use]
    pub fn listed(&self, wanted: VecDeque<u64>) -> Box<dyn FrameSource> {
        Box::new(Shared {
            held: self.clone(),
            wanted,
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.frames.len() as u64
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

struct Shared {
    held: HeldFrames,
    wanted: VecDeque<u64>,
}

impl FrameSource for Shared {
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError> {
        let Some(index) = self.wanted.pop_front() else {
            return Ok(None);
        };
        let path = || self.held.path.clone();
        let frame = usize::try_from(index)
            .ok()
            .and_then(|at| self.held.frames.get(at))
            .ok_or_else(|| MediaError::NoSuchFrame {
                path: path(),
                frame: index,
                frames: self.held.len(),
            })?;
        let shared = frame.share().ok_or_else(|| MediaError::OutOfMemory {
            path: path(),
            action: "hold a frame",
        })?;
        Ok(Some((index, shared)))
    }
}
