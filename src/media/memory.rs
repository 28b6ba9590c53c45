//! Whether memory was short, which FFmpeg does not always say: under a limit on address space any of its
//! allocations may fail, and what comes of that looks like a damaged file, or like no file at all.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use crate::proc::bytes_after;

/// Room that a decoder asks for at once; where less was left at some time, something may have been refused.
const ROOM: u64 = 64 << 20;

/// Whether this process has ever come near its limit on address space.
pub(super) fn was_short() -> bool {
    let Some(limit) = getrlimit(Resource::As).current else {
        return false;
    };
    let peak = bytes_after(Path::new("/proc/self/status"), "VmPeak:");
    peak.is_some_and(|peak| limit.saturating_sub(peak) < ROOM.max(limit / 8))
}
