//! Brightness and color of a few fixed frames on a fixed grid, in integers: the check of `next`.
//!
//! Source: `vidaio/scoring/backends_real.py` and `perceptual_cpu.py` of `vidAio-subnet/validator-vidaio`
//! at `688b6716`.

use serde::{Deserialize, Serialize};

use crate::media::RgbFrame;

/// Number of sampled frames, spread evenly from the first to the last, as the source has it.
pub const SAMPLED_FRAMES: u64 = 8;
/// Rows and columns of the grid, as the source has it.
const GRID: u64 = 128;

/// What the grid shows; every value is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Sampled {
    /// Number of sampled pixels.
    pub pixels: u64,
    /// Mean luma of the input and of the output.
    pub luma_mean: [f64; 2],
    /// Standard deviation of both.
    pub luma_deviation: [f64; 2],
    /// Color energy of both.
    pub color_energy: [f64; 2],
    /// Mean difference of the colors.
    pub color_difference: f64,
}

/// Evenly spread positions from the first to the last of `length`.
#[must_use]
pub fn positions(length: u64, count: u64) -> Vec<u64> {
    match count.min(length) {
        0 => Vec::new(),
        1 => vec![length / 2],
        count => (0..count).map(|i| i * (length - 1) / (count - 1)).collect(),
    }
}

/// Sums over the frames seen so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct SampledSums {
    pixels: u64,
    luma: [u64; 2],
    squares: [u64; 2],
    color: [u64; 2],
    difference: u64,
}

impl SampledSums {
    /// Adds a pair of frames of one size.
    pub fn add(&mut self, input: &RgbFrame, output: &RgbFrame) {
        let (height, width, _) = input.dim();
        if output.dim() != input.dim() {
            return;
        }
        let columns = positions(width as u64, GRID);
        for row in positions(height as u64, GRID) {
            for column in &columns {
                let at = |frame: &RgbFrame| {
                    let [r, g, b] = [0, 1, 2]
                        .map(|channel| i64::from(frame[[row as usize, *column as usize, channel]]));
                    let luma = (29 * b + 150 * g + 77 * r + 128) >> 8;
                    (luma.unsigned_abs(), r - g, b - g)
                };
                let pair = [at(input), at(output)];
                for (i, (luma, red, blue)) in pair.into_iter().enumerate() {
                    self.luma[i] += luma;
                    self.squares[i] += luma * luma;
                    self.color[i] += red.unsigned_abs() + blue.unsigned_abs();
                }
                let [(_, red, blue), (_, other_red, other_blue)] = pair;
                self.difference += red.abs_diff(other_red) + blue.abs_diff(other_blue);
                self.pixels += 1;
            }
        }
    }

    /// The values over all frames; `None` before the first.
    #[must_use]
    pub fn finish(self) -> Option<Sampled> {
        if self.pixels == 0 {
            return None;
        }
        let n = self.pixels as f64;
        let mean = self.luma.map(|sum| sum as f64 / n);
        let deviation = |i: usize| {
            (self.squares[i] as f64 / n - mean[i] * mean[i])
                .max(0.0)
                .sqrt()
        };
        Some(Sampled {
            pixels: self.pixels,
            luma_mean: mean.map(|m| m / 255.0),
            luma_deviation: [deviation(0) / 255.0, deviation(1) / 255.0],
            color_energy: self.color.map(|sum| sum as f64 / (n * 510.0)),
            color_difference: self.difference as f64 / (n * 1020.0),
        })
    }
}
