//! The factor of an upscaling.

use super::input::GateInput;
use crate::media::ClipFacts;

/// The factor asked for, or the one that the sizes show.
pub(super) fn scale_of(input: &GateInput<'_>) -> Option<u32> {
    if input.request.scale.is_some() {
        return input.request.scale;
    }
    let payload = input.handed_out()?.facts()?;
    let output = input.output.facts()?;
    [2, 4]
        .into_iter()
        .find(|n| (wide(output.width), wide(output.height)) == scaled(payload, *n))
}

/// Width and height of a clip, times a factor.
pub(super) fn scaled(input: &ClipFacts, scale: u32) -> (u64, u64) {
    let times = |pixels: u32| wide(pixels) * u64::from(scale);
    (times(input.width), times(input.height))
}

/// A number of pixels that can be multiplied without overflow.
pub(super) fn wide(pixels: u32) -> u64 {
    u64::from(pixels)
}
