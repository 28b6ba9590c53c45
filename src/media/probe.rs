//! What a file is: the facts that scores and gates go by, reported and never repaired.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::MediaError;
use super::ffi::{Input, OpenError, StreamFacts, is_out_of_memory};
use super::pictures;

/// A frame rate as a fraction of frames and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FrameRate {
    /// Frames.
    pub num: i32,
    /// In this many seconds.
    pub den: i32,
}

impl FrameRate {
    /// Frames a second; 0 where the file does not say.
    #[must_use]
    pub fn per_second(self) -> f64 {
        if self.den > 0 {
            f64::from(self.num) / f64::from(self.den)
        } else {
            0.0
        }
    }
}

/// Whether frames come at even times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FrameRateKind {
    /// All frames last equally long, within one tick.
    Constant,
    /// They do not.
    Variable,
    /// The file gives no times.
    Unknown,
}

/// Facts of one clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ClipFacts {
    /// The file as it was named; bytes that are no text are escaped when it is written down.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub path: PathBuf,
    /// Size of the whole file in bytes.
    pub bytes: u64,
    /// FFmpeg's name of the container format.
    pub container: String,
    /// Codec name.
    pub codec: String,
    /// Codec profile, where the codec has one.
    pub profile: Option<String>,
    /// Pixel format.
    pub pixel_format: String,
    /// Width in pixels, coded orientation.
    pub width: u32,
    /// Height in pixels, coded orientation.
    pub height: u32,
    /// Sample aspect ratio in lowest terms; 0:1 where the file does not say.
    pub sample_aspect_ratio: (i32, i32),
    /// The lowest rate that fits all timestamps (`r_frame_rate`).
    pub frame_rate: FrameRate,
    /// The average rate.
    pub average_frame_rate: FrameRate,
    /// Frames that the container announces, where it does.
    pub announced_frames: Option<u64>,
    /// Length in seconds.
    pub duration_seconds: Option<f64>,
    /// First timestamp in seconds, where it is not 0.
    pub start_seconds: Option<f64>,
    /// Bits a second of the video stream, where the file says.
    pub bit_rate: Option<u64>,
    /// Bits a second of the whole file, as FFmpeg works them out.
    #[serde(default)]
    pub container_bit_rate: Option<u64>,
    /// The encoder that the file names.
    #[serde(default)]
    pub encoder: Option<String>,
    /// Decoding time of the first packet in seconds, where it differs from its showing time: the
    /// delay that B-frames need.
    #[serde(default)]
    pub reorder_seconds: Option<f64>,
    /// Colour range tag.
    pub color_range: Option<String>,
    /// Colour matrix tag.
    pub color_space: Option<String>,
    /// Transfer tag.
    pub color_transfer: Option<String>,
    /// Primaries tag.
    pub color_primaries: Option<String>,
    /// Whether the stream says it is interlaced.
    pub interlaced: bool,
    /// Rotation for display in degrees, 0 where there is none.
    pub rotation: f64,
    /// Whether an edit list hides coded frames.
    pub edit_list: bool,
    /// Whether frames come at even times.
    pub timing: FrameRateKind,
    /// Number of sound streams.
    pub audio_streams: u32,
    /// Number of video streams; the best one is measured.
    pub video_streams: u32,
}

/// Formats that name other files: their own size says nothing of the video.
const PLAYLISTS: [&str; 6] = ["hls", "concat", "dash", "imf", "sdp", "rtsp"];

/// Opens a file with every way of failing told apart.
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
        return Err(pictures::refusal(path, input, facts.container));
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
        // FFmpeg draws plain text as a terminal screen; nobody means that as a video.
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

/// Reads the facts of a clip, timing and edit list included: every packet is looked at, none decoded.
///
/// # Errors
/// Whatever keeps the file from being opened or read.
pub fn probe(path: &Path) -> Result<ClipFacts, MediaError> {
    super::index::index_frames(path).map(|index| index.facts)
}

/// A ratio in lowest terms, as FFmpeg's own tools give it: 5:5 is square. What is no ratio is told as
/// FFmpeg tells what a file does not say, 0:1.
fn reduced((num, den): (i32, i32)) -> (i32, i32) {
    if num <= 0 || den <= 0 {
        return (0, 1);
    }
    let (mut divisor, mut rest) = (num, den);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (num / divisor, den / divisor)
}

/// Puts together what the container says and what its packets show.
pub(super) fn clip_facts(
    path: &Path,
    bytes: u64,
    stream: StreamFacts,
    timing: FrameRateKind,
    edit_list: bool,
    rotation: f64,
) -> ClipFacts {
    let rate = |(num, den): (i32, i32)| FrameRate { num, den };
    let (num, den) = stream.time_base;
    let start = stream.start_time.filter(|t| *t != 0 && den != 0);
    ClipFacts {
        path: path.to_path_buf(),
        bytes,
        container: stream.container,
        codec: stream.codec,
        profile: stream.profile,
        pixel_format: stream.pixel_format,
        width: stream.width,
        height: stream.height,
        sample_aspect_ratio: reduced(stream.sample_aspect_ratio),
        frame_rate: rate(stream.real_rate),
        average_frame_rate: rate(stream.average_rate),
        announced_frames: stream.announced_frames,
        duration_seconds: stream.duration_seconds,
        start_seconds: start.map(|t| t as f64 * f64::from(num) / f64::from(den)),
        bit_rate: stream.bit_rate,
        container_bit_rate: stream.container_bit_rate,
        encoder: stream.encoder,
        reorder_seconds: None,
        color_range: stream.color_range,
        color_space: stream.color_space,
        color_transfer: stream.color_transfer,
        color_primaries: stream.color_primaries,
        // FFmpeg's AVFieldOrder: 0 unknown, 1 progressive, above that the kinds of interlacing.
        interlaced: stream.field_order > 1,
        rotation,
        edit_list,
        timing,
        audio_streams: stream.audio_streams,
        video_streams: stream.video_streams,
    }
}

#[cfg(test)]
mod tests {
    use super::reduced;

    #[test]
    fn ratios_are_in_lowest_terms() {
        for (given, found) in [
            ((1, 1), (1, 1)),
            ((5, 5), (1, 1)),
            ((32, 24), (4, 3)),
            ((i32::MAX, i32::MAX), (1, 1)),
            ((0, 1), (0, 1)),
            ((0, 0), (0, 1)),
            ((1, 0), (0, 1)),
        ] {
            assert_eq!(reduced(given), found);
        }
    }
}
