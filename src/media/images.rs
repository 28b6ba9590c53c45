//! Files that FFmpeg opens with its image demuxers.

use std::io::Read as _;
use std::path::Path;

use super::error::MediaError;
use super::ffi::Input;

/// Why a file of images is not a video.
pub(super) fn refusal(path: &Path, mut input: Input, format: String) -> MediaError {
    let path = path.to_path_buf();
    if is_animated_webp(&path) {
        return MediaError::AnimatedWebp { path };
    }
    // Reading fails at the end, or if the file is damaged.
    let mut has_next = || matches!(input.next_packet(), Ok(Some(_)));
    if has_next() && has_next() {
        MediaError::LoosePictures { path, format }
    } else {
        MediaError::StillPicture { path, format }
    }
}

/// Whether the extended header of a WebP file has the animation flag.
fn is_animated_webp(path: &Path) -> bool {
    const ANIMATION: u8 = 2;
    let mut begin = [0; 21];
    fs_err::File::open(path)
        .and_then(|mut file| file.read_exact(&mut begin))
        .is_ok_and(|()| {
            begin.starts_with(b"RIFF") && &begin[8..16] == b"WEBPVP8X" && begin[20] & ANIMATION != 0
        })
}
