//! How much color a frame has, by two measures: FFmpeg's `signalstats`, and the differences between its red,
//! green and blue.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::media::{FrameView, RgbFrame};

/// Brightness and saturation of a frame, as `signalstats` prints `YAVG` and `SATAVG`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Signal {
    /// Mean luma, 0 to 255.
    pub luma: f64,
    /// Mean distance of the chroma from gray, in codes.
    pub saturation: f64,
}

/// Distance of a pair of chroma codes from gray, truncated to an integer as FFmpeg does.
static DISTANCE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    (0..=u16::MAX)
        .map(|both| {
            let [u, v] = both.to_be_bytes().map(|code| f32::from(code) - 128.0);
            // At most 181: 128 in both directions.
            u.hypot(v) as u8
        })
        .collect()
});

/// Measures a frame; `None` without eight-bit 4:2:0 chroma.
///
/// Source: `libavfilter/vf_signalstats.c` of FFmpeg.
#[must_use]
pub fn signal_of(frame: &FrameView<'_>) -> Option<Signal> {
    let [u, v] = frame.chroma_rows()?;
    let luma: u64 = frame
        .luma_rows()
        .map(|row| row.iter().map(|code| u64::from(*code)).sum::<u64>())
        .sum();
    let distance: u64 = u
        .zip(v)
        .map(|(u, v)| {
            let pairs = u.iter().zip(v);
            pairs
                .map(|(u, v)| u64::from(DISTANCE[usize::from(u16::from_be_bytes([*u, *v]))]))
                .sum::<u64>()
        })
        .sum();
    let pixels = |(width, height): (usize, usize)| (width * height) as f64;
    Some(Signal {
        luma: luma as f64 / pixels(frame.size()),
        saturation: distance as f64 / pixels(frame.chroma_size()),
    })
}

/// The color of a frame, measured on its red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Channels {
    /// Mean of all three channels, 0 to 255.
    pub brightness: f64,
    /// Mean absolute differences of red and green, red and blue, green and blue.
    pub differences: [f64; 3],
    /// Sum of the variances of U and V in OpenCV's conversion.
    pub energy: f64,
}

/// Measures a frame.
///
/// Source: the color checks of `services/scoring/server.py` at `a2a80a2` and `fea3779`; OpenCV's conversion in
/// 14-bit fixed point (`imgproc/src/color_yuv.simd.hpp`).
#[must_use]
pub fn channels_of(frame: &RgbFrame) -> Channels {
    let mut sums = [0_u64; 4];
    let mut squares = [0_u64; 2];
    let mut planes = [0_u64; 2];
    let mut pixels = 0_u64;
    for pixel in frame.rows() {
        let [r, g, b] = [pixel[0], pixel[1], pixel[2]];
        for (sum, (x, y)) in sums.iter_mut().zip([(r, g), (r, b), (g, b)]) {
            *sum += u64::from(x.abs_diff(y));
        }
        sums[3] += u64::from(r) + u64::from(g) + u64::from(b);
        for (i, code) in opencv_uv([r, g, b]).into_iter().enumerate() {
            planes[i] += u64::from(code);
            squares[i] += u64::from(code) * u64::from(code);
        }
        pixels += 1;
    }
    let n = pixels.max(1) as f64;
    let variance = |i: usize| {
        let mean = planes[i] as f64 / n;
        (squares[i] as f64 / n - mean * mean).max(0.0)
    };
    Channels {
        brightness: sums[3] as f64 / (3.0 * n),
        differences: [0, 1, 2].map(|i| sums[i] as f64 / n),
        energy: variance(0) + variance(1),
    }
}

fn opencv_uv([r, g, b]: [u8; 3]) -> [u8; 2] {
    let [r, g, b] = [r, g, b].map(i32::from);
    let scaled = |sum: i32| (sum + (1 << 13)) >> 14;
    let luma = scaled(b * 1868 + g * 9617 + r * 4899);
    let code = |sum: i32| u8::try_from(scaled(sum + (128 << 14)).clamp(0, 255)).unwrap_or(u8::MAX);
    [code((b - luma) * 8061), code((r - luma) * 14369)]
}
