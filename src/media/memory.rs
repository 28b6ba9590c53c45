//! Whether memory was short, which FFmpeg does not always report: under a limit on address space any of its
//! allocations may fail, and the consequence looks like a damaged or unreadable file.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use crate::proc::bytes_after;

/// Bytes that a decoder allocates at once. Our choice: if less was ever left, an allocation may have failed.
const LARGEST_ALLOCATION: u64 = 64 << 20;
/// Fraction of the limit that counts as short in any case. Our choice.
const SHORT_FRACTION: u64 = 8;

/// Whether this process has ever been close to its limit on address space.
pub(super) fn was_short() -> bool {
    let Some(limit) = getrlimit(Resource::As).current else {
        return false;
    };
    let peak = bytes_after(Path::new("/proc/self/status"), "VmPeak:");
    peak.is_some_and(|peak| {
        limit.saturating_sub(peak) < LARGEST_ALLOCATION.max(limit / SHORT_FRACTION)
    })
}
