//! Shot boundaries.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use av_scenechange::{Rational32, SceneChangeDetector, SceneDetectionSpeed};
use v_frame::chroma::ChromaSubsampling;
use v_frame::frame::{Frame, FrameBuilder};

use crate::media::FrameView;

/// Frames that the detector needs after the one that it classifies.
const LOOKAHEAD: usize = 5;
/// Padding around a frame, in pixels, that the detector's motion search reads.
const MARGIN: usize = 88;
/// Bins of a brightness histogram. Our choice.
const BINS: usize = 32;
/// Every N-th row is counted. Our choice.
const EVERY_ROW: usize = 4;
/// Fraction of the pixels that move to another brightness bin at a cut. Our choice. `av-scenechange` optimizes
/// the placement of key frames and misses cuts into scenes with high motion; the histogram finds them.
const CHANGED: f64 = 0.5;
/// Least length of a shot in frames. Our choice: a key frame costs more than allocating quality to a shorter
/// shot could save.
const SHORTEST: usize = 12;

/// Finds the cuts of a clip in one pass over its frames.
pub struct ShotFinder {
    detector: SceneChangeDetector<u8>,
    waiting: VecDeque<Arc<Frame<u8>>>,
    /// Index of the first waiting frame.
    first: usize,
    cuts: Vec<u64>,
    /// Brightness histogram of the previous frame, as fractions of its pixels.
    brightness: Option<[f64; BINS]>,
    seen: u64,
    /// Frames whose brightness histogram differs from that of the previous frame.
    jumps: Vec<u64>,
}

impl ShotFinder {
    /// For frames of a size in pixels, at a rate in frames per second as a fraction.
    #[must_use]
    pub fn new(size: (usize, usize), rate: (i32, i32)) -> Self {
        let rate = Rational32::new(rate.0.max(1), rate.1.max(1));
        Self {
            detector: SceneChangeDetector::new(
                size,
                8,
                rate,
                ChromaSubsampling::Monochrome,
                LOOKAHEAD,
                SceneDetectionSpeed::Standard,
                SHORTEST,
                usize::MAX,
            ),
            waiting: VecDeque::new(),
            first: 0,
            cuts: Vec::new(),
            brightness: None,
            seen: 0,
            jumps: Vec::new(),
        }
    }

    /// Adds the next frame, eight bits per sample.
    pub fn add_frame(&mut self, view: &FrameView<'_>) {
        self.compare_histograms(view);
        let (width, height) = view.size();
        let built = FrameBuilder::new(width, height, ChromaSubsampling::Monochrome, 8)
            .luma_padding_left(MARGIN)
            .luma_padding_right(MARGIN)
            .luma_padding_top(MARGIN)
            .luma_padding_bottom(MARGIN)
            .build();
        let Ok(mut frame): Result<Frame<u8>, _> = built else {
            return;
        };
        for (row, source) in frame.y_plane.rows_mut().zip(view.luma_rows()) {
            row.copy_from_slice(source);
        }
        self.waiting.push_back(Arc::new(frame));
        if self.waiting.len() > LOOKAHEAD + 1 {
            self.classify();
        }
    }

    fn compare_histograms(&mut self, view: &FrameView<'_>) {
        let mut counts = [0.0; BINS];
        let mut pixels = 0.0;
        for row in view.luma_rows().step_by(EVERY_ROW) {
            for luma in row {
                counts[usize::from(*luma) * BINS / 256] += 1.0;
            }
            pixels += row.len() as f64;
        }
        let shares = counts.map(|count| count / pixels.max(1.0));
        if let Some(last) = self.brightness.replace(shares) {
            let common: f64 = last.iter().zip(&shares).map(|(a, b)| a.min(*b)).sum();
            if 1.0 - common > CHANGED {
                self.jumps.push(self.seen);
            }
        }
        self.seen += 1;
    }

    /// Classifies the second of the waiting frames.
    fn classify(&mut self) {
        let set: Vec<&Arc<Frame<u8>>> = self.waiting.iter().take(LOOKAHEAD + 2).collect();
        if set.len() < 2 {
            return;
        }
        let last = self.cuts.last().copied().unwrap_or(0);
        let frame = self.first + 1;
        let (cut, _) =
            self.detector
                .analyze_next_frame(&set, frame, usize::try_from(last).unwrap_or(0));
        if cut {
            self.cuts.push(frame as u64);
        }
        self.waiting.pop_front();
        self.first += 1;
    }

    /// The shots in order, covering all frames; one for a clip without cuts.
    #[must_use]
    pub fn finish(mut self) -> Vec<Range<u64>> {
        while self.waiting.len() >= 2 {
            self.classify();
        }
        let frames = (self.first + self.waiting.len()) as u64;
        let mut cuts = self.cuts;
        cuts.append(&mut self.jumps);
        cuts.sort_unstable();
        let mut shots = Vec::with_capacity(cuts.len() + 1);
        let mut start = 0;
        for cut in cuts {
            let after = frames - cut;
            if cut - start >= SHORTEST as u64 && after >= SHORTEST as u64 {
                shots.push(start..cut);
                start = cut;
            }
        }
        shots.push(start..frames);
        shots
    }
}
