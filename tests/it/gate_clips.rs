//! Clips that trip one gate each, made with the `ffmpeg` program from [`clips::reference`].

use std::path::{Path, PathBuf};

use super::clips;
use super::surroundings::scratch_root;

/// The reference of most gates: 50 frames, 320x180, 25 frames a second, with enough bytes that any
/// answer is smaller.
pub(crate) fn reference() -> PathBuf {
    let clip = clips::reference();
    padded("gate-reference.mp4", &clip, bytes(&clip) * 4)
}

/// Encodes a clip with further options of FFmpeg.
pub(crate) fn encoded(name: &str, from: &Path, options: &str) -> PathBuf {
    let mut args = vec!["-i", from.to_str().unwrap(), "-an"];
    args.extend(options.split_whitespace());
    clips::make(name, &args)
}

/// HEVC as every gate wants it, from the reference, with options before the encoder's.
pub(crate) fn hevc(name: &str, options: &str) -> PathBuf {
    let options =
        format!("{options} -c:v libx265 -preset fast -x265-params log-level=error -crf 12");
    encoded(name, &reference(), &options)
}

/// An answer that passes every gate of a compression.
pub(crate) fn good() -> PathBuf {
    hevc("gate-good.mp4", "-pix_fmt yuv420p")
}

/// AV1 from the reference.
pub(crate) fn av1(name: &str, options: &str) -> PathBuf {
    let options = format!("{options} -c:v libsvtav1 -preset 10 -crf 30 -g 25");
    encoded(name, &reference(), &options)
}

/// A copy of an MP4 file that is exactly so many bytes long: a `free` box is appended, which every
/// reader skips.
pub(crate) fn padded(name: &str, from: &Path, bytes: u64) -> PathBuf {
    let path = scratch_root().join(name);
    if path.is_file() && self::bytes(&path) == bytes {
        return path;
    }
    let mut data = std::fs::read(from).unwrap();
    let room = bytes - data.len() as u64;
    assert!(room >= 8, "{name}: {room} bytes leave no room for a box");
    data.extend(u32::try_from(room).unwrap().to_be_bytes());
    data.extend(b"free");
    data.resize(bytes as usize, 0);
    // Tests run side by side: a file appears whole.
    let temporary = tempfile::NamedTempFile::new_in(scratch_root()).unwrap();
    std::fs::write(temporary.path(), data).unwrap();
    temporary.persist(&path).unwrap();
    path
}

/// Bytes of a file.
pub(crate) fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}
