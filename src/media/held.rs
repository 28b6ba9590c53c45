//! A clip whose decoded frames stay in memory, so that it is decoded only once.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::MediaError;
use super::ffi::Frame;
use super::index::FrameIndex;
use super::sequential::SequentialFrames;
use super::source::FrameSource;

/// Decoded frames, shared and immutable.
#[derive(Debug, Clone)]
pub struct HeldFrames {
    path: PathBuf,
    frames: Arc<Vec<Frame>>,
}

/// Estimated bytes of a frame in memory: decoders pad rows, and depths above eight bits occupy two bytes.
fn frame_bytes(index: &FrameIndex) -> u64 {
    let facts = &index.facts;
    let format = facts.pixel_format.as_str();
    let deep = format.contains("10") || format.contains("12") || format.contains("16");
    let row = u64::from(facts.width).next_multiple_of(64) + 64;
    // 4:2:0 occupies 1.5 times the luma; no format occupies more than 4 times.
    let halves = if format.contains("420p") { 3 } else { 8 };
    row * u64::from(facts.height) * halves * if deep { 2 } else { 1 } / 2
}

impl HeldFrames {
    /// Estimated bytes that all frames of a clip would occupy.
    #[must_use]
    pub fn bytes_of(index: &FrameIndex) -> u64 {
        frame_bytes(index) * index.frames
    }

    /// Decodes a whole clip. `each` is called with every frame, and cancels by returning `false`.
    ///
    /// # Errors
    /// What is wrong with the file. Cancelled work returns nothing and is not an error.
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

    /// The frames of a range, with their display indices.
    #[must_use]
    pub fn range(&self, range: Range<u64>) -> Box<dyn FrameSource> {
        self.listed(range.collect())
    }

    /// The listed frames, in that order.
    #[must_use]
    pub fn listed(&self, indices: VecDeque<u64>) -> Box<dyn FrameSource> {
        Box::new(Shared {
            held: self.clone(),
            indices,
        })
    }

    /// Number of frames.
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
    indices: VecDeque<u64>,
}

impl FrameSource for Shared {
    fn next_frame(&mut self) -> Result<Option<(u64, Frame)>, MediaError> {
        let Some(index) = self.indices.pop_front() else {
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
