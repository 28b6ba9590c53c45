//! The facts of a file that scores and gates depend on, reported as they are and never repaired.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ffi::StreamFacts;

/// A frame rate as a fraction of frames and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FrameRate {
    /// Frames.
    pub num: i32,
    /// In this many seconds.
    pub den: i32,
}

impl FrameRate {
    /// Frames per second; 0 if the file does not say.
    #[must_use]
    pub fn per_second(self) -> f64 {
        if self.den > 0 {
            f64::from(self.num) / f64::from(self.den)
        } else {
            0.0
        }
    }
}

/// Whether the frame rate is constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FrameRateKind {
    /// All frames have the same duration, to within one tick.
    Constant,
    /// They have not.
    Variable,
    /// The file has no timestamps.
    Unknown,
}

/// Facts of one clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ClipFacts {
    /// The path as it was given; bytes that are not UTF-8 are escaped in records.
    #[serde(serialize_with = "crate::shown::serialize")]
    pub path: PathBuf,
    /// Size of the whole file in bytes.
    pub bytes: u64,
    /// FFmpeg's name of the container format.
    pub container: String,
    /// Codec name.
    pub codec: String,
    /// Codec profile, if the codec has profiles.
    pub profile: Option<String>,
    /// Pixel format.
    pub pixel_format: String,
    /// Width in pixels, before rotation.
    pub width: u32,
    /// Height in pixels, before rotation.
    pub height: u32,
    /// Sample aspect ratio in lowest terms; 0:1 if the file does not say.
    pub sample_aspect_ratio: (i32, i32),
    /// The lowest rate that represents all timestamps (`r_frame_rate`).
    pub frame_rate: FrameRate,
    /// The average rate.
    pub average_frame_rate: FrameRate,
    /// Number of frames that the container announces, if it does.
    pub announced_frames: Option<u64>,
    /// Duration in seconds.
    pub duration_seconds: Option<f64>,
    /// First timestamp in seconds, if it is not 0.
    pub start_seconds: Option<f64>,
    /// Bits per second of the video stream, if the file says.
    pub bit_rate: Option<u64>,
    /// Bits per second of the whole file, as FFmpeg computes them.
    #[serde(default)]
    pub container_bit_rate: Option<u64>,
    /// The encoder that the file names in its metadata.
    #[serde(default)]
    pub encoder: Option<String>,
    /// Presentation minus decoding time of the first frame in seconds, if they differ: the delay that B-frames
    /// require.
    #[serde(default)]
    pub reorder_seconds: Option<f64>,
    /// Color range tag.
    pub color_range: Option<String>,
    /// Color matrix tag.
    pub color_space: Option<String>,
    /// Transfer characteristics tag.
    pub color_transfer: Option<String>,
    /// Color primaries tag.
    pub color_primaries: Option<String>,
    /// Whether the stream is tagged as interlaced.
    pub interlaced: bool,
    /// Clockwise rotation for display in degrees; 0 if there is none.
    pub rotation: f64,
    /// Whether an edit list hides coded frames.
    pub edit_list: bool,
    /// Whether the frame rate is constant.
    pub timing: FrameRateKind,
    /// Number of audio streams.
    pub audio_streams: u32,
    /// Number of video streams; the best one is measured.
    pub video_streams: u32,
}

/// A ratio in lowest terms, as FFmpeg's tools print it: 5:5 is square. An invalid ratio becomes 0:1, which is
/// FFmpeg's value for an unknown one.
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

/// The facts that the container states, combined with those that its packets show.
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
