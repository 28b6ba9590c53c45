//! What a clip is and which frames it has, from its container alone. FFmpeg takes the file apart; what it
//! hands on is ours to make sense of, however absurd.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, memfd_create};
use vidaio::media::{ClipFacts, FrameIndex, index_frames};

/// Lists the frames of a clip and holds the list to its promises.
pub fn check(data: &[u8]) {
    let memory = memfd_create("clip", MemfdFlags::CLOEXEC).expect("the system has memory files");
    let mut file = File::from(memory);
    file.write_all(data)
        .expect("there is room for a small file");
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    match index_frames(&path) {
        Ok(index) => {
            frames(&index);
            facts(&index.facts, data.len());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn frames(index: &FrameIndex) {
    let (sizes, keys) = (index.frame_bytes(), index.key_frames());
    assert!(index.times.is_empty() || index.times.len() as u64 == index.frames);
    assert!(index.times.iter().all(|t| t.is_finite()));
    assert!(index.times.is_sorted(), "{:?}", index.times);
    assert!(sizes.is_empty() || sizes.len() as u64 == index.frames);
    assert!(sizes.iter().sum::<u64>() <= index.stream_bytes);
    assert!(keys.iter().all(|k| *k < index.frames) && keys.is_sorted());
}

fn facts(facts: &ClipFacts, size: usize) {
    assert_eq!(facts.bytes, size as u64);
    assert!(facts.width > 0 && facts.height > 0 && facts.video_streams > 0);
    let rates = [facts.frame_rate, facts.average_frame_rate].map(|r| r.per_second());
    let times = [
        facts.duration_seconds,
        facts.start_seconds,
        facts.reorder_seconds,
    ];
    let mut numbers = rates
        .into_iter()
        .chain([facts.rotation])
        .chain(times.into_iter().flatten());
    assert!(numbers.all(f64::is_finite), "{facts:?}");
    let text = serde_json::to_string(facts).expect("facts are plain data");
    let again: ClipFacts = serde_json::from_str(&text).expect("facts are read back");
    assert_eq!(&again, facts);
}
