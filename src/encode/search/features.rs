//! A few numbers that describe how hard a clip is to encode.

use serde::{Deserialize, Serialize};

use crate::media::{FrameIndex, FrameView};

/// Every N-th row is read: neighboring rows are alike. Our choice.
const EVERY_ROW: usize = 4;

/// Features of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Features {
    /// Natural logarithm of the pixels of a frame.
    pub ln_pixels: f64,
    /// Frames per second.
    pub rate: f64,
    /// Mean absolute difference of horizontally adjacent luma samples, 0 to 255.
    pub spatial: f64,
    /// Mean absolute difference of a luma sample from one frame to the next, 0 to 255.
    pub temporal: f64,
    /// Natural logarithm of the input's bits per pixel.
    pub ln_bits_per_pixel: f64,
}

/// Computes the features of consecutive frames.
#[derive(Debug, Default)]
pub struct FeatureGatherer {
    last: Vec<u8>,
    spatial: (f64, u64),
    temporal: (f64, u64),
}

impl FeatureGatherer {
    /// Adds the next frame, eight bits per sample.
    pub fn add_frame(&mut self, frame: &FrameView<'_>) {
        let mut luma = Vec::with_capacity(self.last.len());
        let (mut edges, mut pixels) = (0_u64, 0_u64);
        for row in frame.luma_rows().step_by(EVERY_ROW) {
            edges += differences(row, row.get(1..).unwrap_or_default());
            pixels += row.len().saturating_sub(1) as u64;
            luma.extend_from_slice(row);
        }
        self.spatial.0 += edges as f64;
        self.spatial.1 += pixels;
        if self.last.len() == luma.len() {
            self.temporal.0 += differences(&luma, &self.last) as f64;
            self.temporal.1 += luma.len() as u64;
        }
        self.last = luma;
    }

    /// The features, completed by those that come from the file itself.
    #[must_use]
    pub fn finish(&self, index: &FrameIndex) -> Features {
        let facts = &index.facts;
        let mean = |(sum, count): (f64, u64)| if count == 0 { 0.0 } else { sum / count as f64 };
        let pixels = f64::from(facts.width) * f64::from(facts.height);
        let bits = 8.0 * index.stream_bytes.max(1) as f64 / (pixels * index.frames.max(1) as f64);
        Features {
            ln_pixels: pixels.max(1.0).ln(),
            rate: facts.average_frame_rate.per_second(),
            spatial: mean(self.spatial),
            temporal: mean(self.temporal),
            ln_bits_per_pixel: bits.ln(),
        }
    }
}

/// Sum of the absolute differences.
fn differences(a: &[u8], b: &[u8]) -> u64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum()
}
