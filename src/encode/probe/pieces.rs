//! Long clips are split at key frames into pieces, which are encoded in parallel and joined.

use std::ops::Range;

use crate::encode::source::{FrameTransport, SourceClip};

/// Clips longer than this are split. Our choice.
const LONG_SECONDS: f64 = 60.0;
/// Least length of a piece. Our choice: long enough that the key frame at its start costs little.
const PIECE_SECONDS: f64 = 20.0;
/// Threads that a single encode keeps busy; with fewer there is nothing to gain.
const THREADS_OF_ONE: u32 = 2;

/// Ranges of frames that are encoded separately: a single one for a clip that is short or has a variable frame
/// rate, or if one encoder keeps every thread busy.
pub(crate) fn pieces_of(source: &SourceClip, threads: u32) -> Vec<Range<u64>> {
    let rate = source.index.facts.average_frame_rate.per_second();
    let frames = source.index.frames;
    let whole = || std::iter::once(0..frames).collect();
    let seconds = if rate > 0.0 {
        frames as f64 / rate
    } else {
        0.0
    };
    if source.transport != FrameTransport::Pipe
        || seconds <= LONG_SECONDS
        || threads < THREADS_OF_ONE
    {
        return whole();
    }
    split(
        frames,
        &source.index.key_frames(),
        (PIECE_SECONDS * rate) as u64,
    )
}

/// Cuts at the first key frame that makes a piece at least `least` frames long, or at twice that length if
/// there is none before; a short remainder belongs to the last piece.
pub(crate) fn split(frames: u64, keys: &[u64], least: u64) -> Vec<Range<u64>> {
    let least = least.max(1);
    let mut cuts = Vec::new();
    let mut start = 0;
    while start + 2 * least <= frames {
        let next = keys
            .iter()
            .copied()
            .find(|key| *key >= start + least)
            .filter(|key| *key <= start + 2 * least)
            .unwrap_or(start + 2 * least);
        if next + least / 2 >= frames {
            break;
        }
        cuts.push(next);
        start = next;
    }
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain(std::iter::once(frames));
    starts.zip(ends).map(|(a, b)| a..b).collect()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn pieces_begin_at_key_frames_and_leave_nothing_out() {
        let keys: Vec<u64> = (0..40).map(|k| k * 50).collect();
        assert_eq!(split(1000, &keys, 400), [0..400, 400..1000]);
        let whole = split(300, &keys, 400);
        assert_eq!((whole.len(), whole[0].clone()), (1, 0..300));
        // Without a key frame nearby, a piece is at most twice as long.
        assert_eq!(split(1000, &[0], 200), [0..400, 400..800, 800..1000]);
        for frames in [1, 7, 399, 400, 1200, 5003] {
            for least in [1, 3, 250] {
                let pieces = split(frames, &keys, least);
                assert_eq!(pieces[0].start, 0);
                assert_eq!(pieces[pieces.len() - 1].end, frames);
                assert!(pieces.windows(2).all(|p| p[0].end == p[1].start));
                assert!(pieces.iter().all(|p| !p.is_empty()));
            }
        }
    }
}
