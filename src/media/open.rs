//! Opens a file as a video, with every way of failing distinguished.

use std::path::Path;

use super::error::MediaError;
use super::ffi::{Input, OpenError, StreamFacts, is_out_of_memory};
use super::images;

/// Demuxers of files that refer to other files: their own size says nothing about the video.
const PLAYLISTS: [&str; 6] = ["hls", "concat", "dash", "imf", "sdp", "rtsp"];

/// Opens a file; returns it with the facts of its video stream and its size in bytes.
pub(super) fn open(path: &Path) -> Result<(Input, StreamFacts, u64), MediaError> {
    let owned = || path.to_path_buf();
    let unreadable = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => MediaError::Missing { path: owned() },
        std::io::ErrorKind::PermissionDenied => MediaError::Permission { path: owned() },
        _ => MediaError::Unreadable {
            path: owned(),
            reason: e.to_string(),
        },
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err(MediaError::Directory { path: owned() });
    }
    if !meta.is_file() {
        return Err(MediaError::NotAVideo {
            path: owned(),
            reason: "it is a pipe or a device; measuring reads a file more than once".into(),
        });
    }
    if meta.len() == 0 {
        return Err(MediaError::Empty { path: owned() });
    }
    std::fs::File::open(path).map_err(unreadable)?;
    let input = Input::open(path).map_err(|e| match e {
        OpenError::NoVideo(found) => MediaError::NoVideoStream {
            path: owned(),
            found,
        },
        OpenError::Code(code) if is_out_of_memory(code) => {
            MediaError::of_code(path, "open it", code)
        }
        OpenError::Code(_) => MediaError::NotAVideo {
            path: owned(),
            reason: e.reason(),
        },
    })?;
    let facts = input.facts();
    if facts.container.ends_with("_pipe") || facts.container.split(',').any(|n| n == "image2") {
        return Err(images::refusal(path, input, facts.container));
    }
    if PLAYLISTS
        .iter()
        .any(|name| facts.container.split(',').any(|n| n == *name))
    {
        return Err(MediaError::NotAVideo {
            path: owned(),
            reason: format!("it is a list of other files ({})", facts.container),
        });
    }
    if facts.container == "tty" {
        // FFmpeg renders plain text as a terminal screen, which nobody means as a video.
        return Err(MediaError::NotAVideo {
            path: owned(),
            reason: "it is plain text".into(),
        });
    }
    if facts.attached_picture {
        return Err(MediaError::NoVideoStream {
            path: owned(),
            found: "sound with a cover picture".into(),
        });
    }
    if !facts.has_decoder {
        return Err(MediaError::NoDecoder {
            path: owned(),
            codec: facts.codec,
        });
    }
    if facts.width == 0 || facts.height == 0 {
        return Err(MediaError::NotAVideo {
            path: owned(),
            reason: "its video stream has no picture size, as when the file is cut off early"
                .into(),
        });
    }
    Ok((input, facts, meta.len()))
}
