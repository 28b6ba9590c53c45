//! PSNR of the two colour planes of a pair of frames.

use crate::media::Picture;

/// Value of a frame without any difference.
const IDENTICAL: f64 = 100.0;

/// Decibels over both planes together, at most 100; `None` without eight-bit 4:2:0 colour.
///
/// Source: `vidaio/scoring/plane_psnr.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.
#[must_use]
pub fn chroma_psnr(one: &Picture<'_>, other: &Picture<'_>) -> Option<f64> {
    let (width, height) = (
        (one.format.width as usize).div_ceil(2),
        (one.format.height as usize).div_ceil(2),
    );
    let mut error = 0_u64;
    for ((plane, stride), (other_plane, other_stride)) in one.chroma?.into_iter().zip(other.chroma?)
    {
        let lines = plane.chunks(stride).zip(other_plane.chunks(other_stride));
        for (line, other_line) in lines.take(height) {
            let pairs = line[..width].iter().zip(&other_line[..width]);
            error += pairs
                .map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2))
                .sum::<u64>();
        }
    }
    if error == 0 {
        return Some(IDENTICAL);
    }
    let mean = error as f64 / (2 * width * height) as f64;
    Some((10.0 * (255.0_f64 * 255.0 / mean).log10()).min(IDENTICAL))
}
