//! PSNR of the two chroma planes of a pair of frames.

use crate::media::FrameView;

/// Decibels of frames without any difference, and the cap of all others, as the source has it.
const IDENTICAL: f64 = 100.0;

/// Decibels over both planes together, at most 100; `None` without eight-bit 4:2:0 chroma.
///
/// Source: `vidaio/scoring/plane_psnr.py` of `vidAio-subnet/validator-vidaio` at `688b6716`.
#[must_use]
pub fn chroma_psnr(one: &FrameView<'_>, other: &FrameView<'_>) -> Option<f64> {
    let (width, height) = one.chroma_size();
    let planes = one.chroma_rows()?.into_iter().zip(other.chroma_rows()?);
    let error: u64 = planes
        .flat_map(|(plane, other)| plane.zip(other))
        .flat_map(|(row, other)| row.iter().zip(other))
        .map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2))
        .sum();
    if error == 0 {
        return Some(IDENTICAL);
    }
    let mean = error as f64 / (2 * width * height) as f64;
    Some((10.0 * (255.0_f64 * 255.0 / mean).log10()).min(IDENTICAL))
}
