//! What may be left when something was killed: whole files, and no program at work.

use std::path::{Path, PathBuf};

use vidaio::media::{FrameSource as _, SequentialFrames, index_frames};

use super::clips::make;

/// Frames of the clip that everything is made of.
const FRAMES: u64 = 12;
/// A clip of which everything is made quickly.
pub(crate) fn tiny() -> PathBuf {
    make(
        "tiny-killed.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x96:rate=25:duration=0.48,noise=alls=12:allf=t:all_seed=7",
            "-c:v",
            "libx264",
            "-pix_fmt",
            "yuv420p",
            "-qp",
            "8",
        ],
    )
}

/// Commands of all processes that name a folder.
pub(crate) fn working_in(folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(&*folder))
        .map(|line| format!("still running: {line}"))
        .collect()
}

/// What is wrong with a file that must be whole.
pub(crate) fn half(path: &Path) -> Option<String> {
    let whole = || -> Result<(), String> {
        let index = index_frames(path).map_err(|e| e.to_string())?;
        let mut frames = SequentialFrames::open(path, 1).map_err(|e| e.to_string())?;
        let mut decoded = 0;
        while frames.next_frame().map_err(|e| e.to_string())?.is_some() {
            decoded += 1;
        }
        let all = [index.frames, decoded] == [FRAMES; 2];
        all.then_some(())
            .ok_or(format!("{decoded} of {} frames", index.frames))
    };
    whole()
        .err()
        .map(|e| format!("the result is not whole: {e}"))
}
