//! FFmpeg options around the encoder: raw input through a pipe, color tags, and the MP4 container.

use std::ffi::OsString;
use std::path::Path;

use super::process::file;
use crate::domain::Codec;
use crate::media::ClipFacts;

/// Smallest time base of a video track, in ticks per second. Our choice: fine enough that players which round
/// to it lose no frame.
const LEAST_TIMESCALE: i64 = 10_000;

/// Prefixes of FFmpeg's names of RGB pixel formats.
const RGB_FORMATS: [&str; 8] = ["rgb", "bgr", "gbr", "argb", "abgr", "pal", "0rgb", "0bgr"];

/// FFmpeg's `setparams` filter with the color tags of the input and no others, followed by a comma; empty
/// where the input has none.
pub(crate) fn color_tags(facts: &ClipFacts, codec: Codec) -> String {
    let mut parts: Vec<String> = Vec::new();
    let format = facts.pixel_format.as_str();
    let rgb = RGB_FORMATS.iter().any(|name| format.starts_with(name));
    let range = match facts.color_range.as_deref() {
        // `yuvj` formats and RGB are converted to limited range, as validators' own pipelines do.
        _ if format.starts_with("yuvj") || rgb => Some("tv"),
        // Decoders of H.264 and HEVC report full range as `yuvj420p`, which no validator accepts.
        Some("pc") if matches!(codec, Codec::H264 | Codec::Hevc) => None,
        other => other,
    };
    for (name, value) in [
        ("range", range),
        ("colorspace", facts.color_space.as_deref()),
        ("color_trc", facts.color_transfer.as_deref()),
        ("color_primaries", facts.color_primaries.as_deref()),
    ] {
        if let Some(value) = value.filter(|v| !["unknown", "reserved", "gbr"].contains(v)) {
            parts.push(format!("{name}={value}"));
        }
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("setparams={},", parts.join(":"))
    }
}

/// FFmpeg's input options for raw frames on standard input.
pub(crate) fn raw_input(format: &str, size: (u32, u32), rate: (i32, i32)) -> Vec<OsString> {
    [
        "-f",
        "rawvideo",
        "-pixel_format",
        format,
        "-video_size",
        &format!("{}x{}", size.0, size.1),
        "-framerate",
        &format!("{}/{}", rate.0, rate.1),
        "-i",
        "pipe:0",
    ]
    .map(OsString::from)
    .into()
}

/// FFmpeg's output options of the container: an MP4 that plays while it downloads, in the input's time base.
pub(crate) fn container(facts: &ClipFacts, output: &Path) -> Vec<OsString> {
    let mut options: Vec<OsString> = ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"]
        .map(OsString::from)
        .into();
    let rate = facts.average_frame_rate;
    // A multiple of the rate's own numerator represents the time of every frame exactly.
    if rate.num > 0 && rate.den > 0 {
        let mut scale = i64::from(rate.num);
        while scale < LEAST_TIMESCALE {
            scale *= 2;
        }
        options.extend(["-video_track_timescale".into(), scale.to_string().into()]);
    }
    // Packets are flushed at once, so that the progress of a slow encoder is visible.
    options.extend(["-flush_packets", "1"].map(OsString::from));
    options.extend(["-movflags", "+faststart", "-f", "mp4"].map(OsString::from));
    options.push(file(output));
    options
}
