//! Clips that tests make with the `ffmpeg` program from formula sources.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::surroundings::scratch_root;

static MAKING: Mutex<()> = Mutex::new(());

/// Runs `ffmpeg` and keeps its output under `name`; a clip that is there already is taken as it is.
pub(crate) fn make(name: &str, args: &[&str]) -> PathBuf {
    // Tests run side by side and ask for the same clips.
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = scratch_root().join(name);
    if path.is_file() {
        return path;
    }
    let temporary = scratch_root().join(format!("making-{name}"));
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-threads", "1"])
        .args(args)
        .arg(&temporary)
        .output()
        .expect("the tests need the ffmpeg program: `make setup` installs it");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::rename(&temporary, &path).unwrap();
    path
}

/// Two seconds of moving detail with text, 320x180 at 25 frames a second.
const SOURCE: &str = "testsrc2=size=320x180:rate=25:duration=2";

fn x264<'a>(source: &'a str, crf: &'a str) -> Vec<&'a str> {
    vec![
        "-f", "lavfi", "-i", source, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", crf,
    ]
}

/// A reference of 50 frames.
pub(crate) fn reference() -> PathBuf {
    make("reference.mp4", &x264(SOURCE, "5"))
}

/// A compressed version of [`reference`].
pub(crate) fn compressed() -> PathBuf {
    make("compressed.mp4", &x264(SOURCE, "30"))
}

/// The reference made small and large again.
pub(crate) fn upscaled() -> PathBuf {
    let source = "testsrc2=size=320x180:rate=25:duration=2,scale=160:90,scale=320:180";
    make("upscaled.mp4", &x264(source, "12"))
}

/// The reference at half size.
pub(crate) fn half_size() -> PathBuf {
    make(
        "half.mp4",
        &x264("testsrc2=size=160x90:rate=25:duration=2", "12"),
    )
}

/// Fewer frames than validators want.
pub(crate) fn nine_frames() -> PathBuf {
    make(
        "nine.mp4",
        &x264("testsrc2=size=320x180:rate=25:duration=0.36", "12"),
    )
}

/// Forty of the reference's fifty frames.
pub(crate) fn short() -> PathBuf {
    make(
        "short.mp4",
        &x264("testsrc2=size=320x180:rate=25:duration=1.6", "12"),
    )
}

/// Sound and nothing else.
pub(crate) fn sound() -> PathBuf {
    make(
        "sound.mp4",
        &["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"],
    )
}

/// A still picture.
pub(crate) fn picture() -> PathBuf {
    make(
        "picture.png",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x180",
            "-frames:v",
            "1",
        ],
    )
}

/// Pictures one after another, without a container.
pub(crate) fn jpegs() -> PathBuf {
    make(
        "pictures.mjpeg",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=64x64",
            "-frames:v",
            "12",
            "-c:v",
            "mjpeg",
        ],
    )
}

/// A file with bytes of `path` changed in the middle, which breaks its stream.
pub(crate) fn broken(path: &Path) -> PathBuf {
    let target = scratch_root().join("broken.mp4");
    let mut bytes = std::fs::read(path).unwrap();
    // The moov box is at the end, so the middle of the file is coded pictures.
    let (from, to) = (bytes.len() / 3, bytes.len() / 3 + 4000);
    for (i, byte) in bytes[from..to].iter_mut().enumerate() {
        *byte = (i * 37 + 11) as u8;
    }
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    std::fs::write(&target, bytes).unwrap();
    target
}
