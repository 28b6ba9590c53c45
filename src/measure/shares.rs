//! How much runs side by side within the memory of a plan.

use super::plan::Plan;
use crate::media::FrameIndex;

/// Memory of VMAF for each of its threads, in bytes a pixel; measured with libvmaf 3 and both models.
const VMAF_BYTES_PER_PIXEL: u64 = 60;
/// Frames that a decoder holds whatever its threads: 16 references, reordering and our queue.
const FRAMES_HELD: u64 = 22;
/// Largest number of threads of a decoder, and of runs of VMAF in one pass; more gain nothing.
const LARGEST_SHARE: u64 = 16;

/// Threads and runs that keep to the plan's memory.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    /// Threads of each decoder.
    pub(super) decoding: u32,
    /// Threads of VMAF.
    pub(super) vmaf: u32,
    /// Single-threaded runs of VMAF that fit beside each other.
    pub(super) runs_together: usize,
}

/// Divides the plan's memory among decoders and VMAF.
pub(super) fn shares(plan: &Plan, reference: &FrameIndex) -> Shares {
    let facts = &reference.facts;
    let pixels = (u64::from(facts.width) * u64::from(facts.height)).max(1);
    // Eight-bit 4:2:0 takes a byte and a half a pixel.
    let frames = |count: u64| 2 * count * pixels * 3 / 2;
    let threads = u64::from(plan.threads.max(1));
    // Each thread of a decoder holds a frame of its own, in both files.
    let decoding = (plan.memory.0 / 8 / frames(1))
        .clamp(1, threads)
        .min(LARGEST_SHARE);
    let left = plan.memory.0.saturating_sub(frames(FRAMES_HELD + decoding));
    let fitting = (left / (pixels * VMAF_BYTES_PER_PIXEL)).max(1);
    let as_u32 = |n: u64| u32::try_from(n).unwrap_or(1);
    Shares {
        decoding: as_u32(decoding),
        vmaf: as_u32(fitting.min(threads)),
        runs_together: fitting.min(LARGEST_SHARE) as usize,
    }
}
