//! Brightness, contrast and color of a frame against its reference: a line fitted to the luma, its residuals by
//! brightness and by position, and the shift of the colors.
//!
//! Source: `services/scoring/server.py` 89-224 of `vidAio-subnet/vidaio-subnet` at `fea3779`. Where that is
//! ambiguous we chose: bins and tiles contain the pixels that the line is fitted on, the colors are those of
//! all pixels, and their shift is the length of the mean difference.

use serde::{Deserialize, Serialize};

use crate::media::RgbFrame;

/// Width and height to which frames are scaled, as the source has it.
pub const TONE_SIZE: (u32, u32) = (320, 180);

/// Luma of the reference between which a pixel counts, both excluded, as the source has it.
const USABLE: (f64, f64) = (6.0, 249.0);
/// Width of a bin of luma, in codes, as the source has it.
const BIN: f64 = 16.0;
/// Number of bins.
const BINS: usize = 16;
/// Fewest pixels of a bin that counts, as the source has it.
const BIN_PIXELS: usize = 100;
/// Number of tiles horizontally and vertically, as the source has it.
const TILES: usize = 4;
/// Median residual from which on a tile counts as displaced, in codes, as the source has it.
const TILE_RESIDUAL: f64 = 2.0;

/// One frame against its reference. The fit is absent if no line can be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ToneFrame {
    /// Pixels whose reference is neither nearly black nor nearly white.
    pub pixels: u64,
    /// Standard deviation of their reference luma, in codes.
    pub deviation: f64,
    /// The line fitted to their luma.
    pub fit: Option<ToneFit>,
    /// Mean square of the reference's chroma.
    pub color_energy: f64,
    /// Square root of the ratio of color energies, output to reference; absent for a gray reference.
    pub saturation: Option<f64>,
    /// Rotation of the colors in degrees; absent if either frame is gray.
    pub hue: Option<f64>,
    /// Length of the mean shift of the chroma, in codes.
    pub shift: f64,
}

/// A line fitted to the luma of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ToneFit {
    /// Correlation of the luma of both frames.
    pub correlation: f64,
    pub slope: f64,
    /// Offset in codes.
    pub offset: f64,
    /// Largest absolute median residual of a bin of luma, in codes.
    pub residual: f64,
    /// Largest absolute median difference of a bin of luma, in codes.
    pub curve: f64,
    /// How many of the sixteen tiles have a median residual of 2 codes or more.
    pub tiles: u32,
}

struct Pixel {
    reference: f64,
    output: f64,
    tile: usize,
}

/// Compares two frames of one size; `None` if their sizes differ or they are empty.
#[must_use]
pub fn tone_of(reference: &RgbFrame, output: &RgbFrame) -> Option<ToneFrame> {
    let (rows, columns, _) = reference.dim();
    if reference.dim() != output.dim() || rows == 0 || columns == 0 {
        return None;
    }
    let mut usable = Vec::with_capacity(rows * columns);
    let mut color = Color::default();
    for row in 0..rows {
        for column in 0..columns {
            let rgb = |frame: &RgbFrame| [0, 1, 2].map(|c| f64::from(frame[[row, column, c]]));
            let (first, second) = (rgb(reference), rgb(output));
            let luma = |[r, g, b]: [f64; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
            let (y, z) = (luma(first), luma(second));
            color.add(chroma(first, y), chroma(second, z));
            if y > USABLE.0 && y < USABLE.1 {
                usable.push(Pixel {
                    reference: y,
                    output: z,
                    tile: (row * TILES / rows) * TILES + column * TILES / columns,
                });
            }
        }
    }
    let count = (rows * columns) as f64;
    let (deviation, fit) = fit(&usable);
    Some(ToneFrame {
        pixels: usable.len() as u64,
        deviation,
        fit,
        color_energy: color.reference / count,
        saturation: (color.reference > 0.0).then(|| (color.output / color.reference).sqrt()),
        hue: (color.along != 0.0 || color.across != 0.0)
            .then(|| color.across.atan2(color.along).to_degrees().abs()),
        shift: (color.shift.0 / count).hypot(color.shift.1 / count),
    })
}

/// Sums over the chroma of all pixels.
#[derive(Default)]
struct Color {
    reference: f64,
    output: f64,
    along: f64,
    across: f64,
    shift: (f64, f64),
}

impl Color {
    fn add(&mut self, (b, r): (f64, f64), (b2, r2): (f64, f64)) {
        self.reference += b * b + r * r;
        self.output += b2 * b2 + r2 * r2;
        self.along += b * b2 + r * r2;
        self.across += b * r2 - r * b2;
        self.shift.0 += b2 - b;
        self.shift.1 += r2 - r;
    }
}

fn chroma([r, _, b]: [f64; 3], luma: f64) -> (f64, f64) {
    (0.564 * (b - luma), 0.713 * (r - luma))
}

fn fit(pixels: &[Pixel]) -> (f64, Option<ToneFit>) {
    let n = pixels.len() as f64;
    if pixels.is_empty() {
        return (0.0, None);
    }
    let mean = |of: fn(&Pixel) -> f64| pixels.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.reference), mean(|p| p.output));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in pixels {
        let (dx, dy) = (p.reference - x, p.output - y);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    let deviation = (xx / n).sqrt();
    if xx == 0.0 {
        return (deviation, None);
    }
    let slope = xy / xx;
    let offset = y - slope * x;
    let correlation = if yy == 0.0 {
        0.0
    } else {
        xy / (xx * yy).sqrt()
    };
    let residual = |p: &Pixel| p.output - (slope * p.reference + offset);
    let mut bins: Vec<(Vec<f64>, Vec<f64>)> = vec![Default::default(); BINS];
    let mut tiles: Vec<Vec<f64>> = vec![Vec::new(); TILES * TILES];
    for p in pixels {
        let bin = ((p.reference / BIN) as usize).min(BINS - 1);
        bins[bin].0.push(residual(p));
        bins[bin].1.push(p.output - p.reference);
        tiles[p.tile].push(residual(p));
    }
    let (mut worst, mut curve) = (0.0_f64, 0.0_f64);
    for (residuals, differences) in &mut bins {
        if residuals.len() >= BIN_PIXELS {
            worst = worst.max(median(residuals).abs());
            curve = curve.max(median(differences).abs());
        }
    }
    let displaced = tiles
        .iter_mut()
        .filter(|tile| !tile.is_empty())
        .map(|tile| median(tile).abs())
        .filter(|residual| *residual >= TILE_RESIDUAL)
        .count();
    let fit = ToneFit {
        correlation,
        slope,
        offset,
        residual: worst,
        curve,
        tiles: u32::try_from(displaced).unwrap_or(u32::MAX),
    };
    (deviation, Some(fit))
}

/// The middle value, or the mean of the two middle ones. `values` is not empty.
fn median(values: &mut [f64]) -> f64 {
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return *upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(lower, *upper)
}
