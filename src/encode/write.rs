//! One encode: the whole command line of FFmpeg, and the pieces joined where there are several.

use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::failure::RunFailure;
use super::options::{Setting, encoder_options};
use super::process::{Ended, Feed, Run, file};
use super::source::{Source, Way};
use super::tool::Ffmpeg;
use crate::domain::Codec;
use crate::media::ClipFacts;

/// What becomes of the sound of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// It is left out: no rule for ordinary tasks looks at it, and its bytes count.
    Dropped,
    /// It is copied bit by bit.
    Kept,
}

/// Colour tags as FFmpeg's `setparams` takes them: those of the input and no others.
pub(crate) fn colour_tags(facts: &ClipFacts, codec: Codec) -> String {
    let mut parts: Vec<String> = Vec::new();
    let format = facts.pixel_format.as_str();
    let rgb = ["rgb", "bgr", "gbr", "argb", "abgr", "pal", "0rgb", "0bgr"];
    let range = match facts.color_range.as_deref() {
        // Pictures named `yuvj` and RGB are brought to limited range, as validators' own pipelines do.
        _ if format.starts_with("yuvj") || rgb.iter().any(|name| format.starts_with(name)) => {
            Some("tv")
        }
        // A decoder of H.264 or HEVC names such pictures `yuvj420p`, which no validator takes.
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

/// Options of FFmpeg for raw pictures that come through the pipe.
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

/// Options of the container: an MP4 that can be played while it is fetched, in the input's time base.
pub(crate) fn container(facts: &ClipFacts, output: &Path) -> Vec<OsString> {
    let mut options: Vec<OsString> = ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"]
        .map(OsString::from)
        .into();
    let rate = facts.average_frame_rate;
    // A multiple of the rate's own numerator keeps every frame's time exact.
    if rate.num > 0 && rate.den > 0 {
        let mut scale = i64::from(rate.num);
        while scale < 10_000 {
            scale *= 2;
        }
        options.extend(["-video_track_timescale".into(), scale.to_string().into()]);
    }
    // Every packet is written as it comes, so that a slow encoder is seen to get on.
    options.extend(["-flush_packets", "1"].map(OsString::from));
    options.extend(["-movflags", "+faststart", "-f", "mp4"].map(OsString::from));
    options.push(file(output));
    options
}

/// What is encoded with which setting.
pub(crate) struct Encode<'a> {
    pub(crate) ffmpeg: &'a Ffmpeg,
    pub(crate) source: &'a Source,
    pub(crate) sound: Sound,
    pub(crate) go_on: &'a (dyn Fn() -> bool + Sync),
}

impl Encode<'_> {
    /// Encodes a range of frames into a file of its own.
    pub(crate) fn range(&self, setting: &Setting<'_>, range: &Range<u64>, output: &Path) -> Ended {
        let facts = &self.source.index.facts;
        let whole = *range == (0..self.source.index.frames);
        let mut arguments: Vec<OsString> = Vec::new();
        let piped = self.source.way == Way::Pipe;
        let input = file(&facts.path);
        if piped {
            let rate = facts.average_frame_rate;
            let rate = if rate.num > 0 && rate.den > 0 {
                (rate.num, rate.den)
            } else {
                (25, 1)
            };
            arguments.extend(raw_input("yuv420p", (facts.width, facts.height), rate));
        } else {
            arguments.extend(["-noautorotate".into(), "-i".into(), input.clone()]);
        }
        let sound = self.sound == Sound::Kept && whole;
        if piped && sound {
            arguments.extend(["-i".into(), input]);
        }
        arguments.extend(["-map", "0:v:0"].map(OsString::from));
        if sound {
            let from = if piped { "1:a?" } else { "0:a?" };
            arguments.extend(["-map", from, "-c:a", "copy"].map(OsString::from));
        }
        // The pixels are brought to their format before they are tagged: a tag that says limited range
        // would keep full range from being converted.
        let tags = colour_tags(facts, setting.encoder.codec);
        let filter = format!("scale,format=yuv420p,{tags}setsar=1");
        arguments.extend(["-vf".into(), filter.into()]);
        let frames = self.ffmpeg.frame_option();
        arguments.extend(["-pix_fmt", "yuv420p", frames, "passthrough"].map(OsString::from));
        if !piped {
            arguments.extend(["-enc_time_base", "-1"].map(OsString::from));
        }
        arguments.extend(encoder_options(setting).into_iter().map(OsString::from));
        arguments.extend(container(facts, output));
        let mut feed = |pipe: &mut dyn std::io::Write| self.source.write(range, pipe);
        let feed: Option<&mut Feed<'_>> = if piped { Some(&mut feed) } else { None };
        self.run(&arguments, feed)
    }

    fn run(&self, arguments: &[OsString], feed: Option<&mut Feed<'_>>) -> Ended {
        let facts = &self.source.index.facts;
        let run = Run {
            ffmpeg: self.ffmpeg,
            arguments,
            pixels: u64::from(facts.width) * u64::from(facts.height),
            go_on: self.go_on,
        };
        run.run(feed)
    }

    /// Joins pieces that follow one another, without encoding them again.
    pub(crate) fn join(&self, pieces: &[(PathBuf, u64)], list: &Path, output: &Path) -> Ended {
        let mut lines = b"ffconcat version 1.0\n".to_vec();
        let rate = self.source.index.facts.average_frame_rate.per_second();
        for (piece, frames) in pieces {
            // The list is FFmpeg's own small language: a quote ends a name.
            lines.extend(b"file 'file:");
            for byte in piece.as_os_str().as_bytes() {
                match byte {
                    b'\'' => lines.extend(br"'\''"),
                    other => lines.push(*other),
                }
            }
            lines.extend(b"'\n");
            // The length of an MP4 is rounded to milliseconds, which would shift what comes behind.
            if rate > 0.0 {
                lines.extend(format!("duration {:.6}\n", *frames as f64 / rate).bytes());
            }
        }
        if let Err(e) = fs_err::write(list, lines) {
            return Ended::Failed(RunFailure::unwritable(&e));
        }
        let facts = &self.source.index.facts;
        let mut arguments: Vec<OsString> =
            ["-f", "concat", "-safe", "0"].map(OsString::from).into();
        arguments.extend(["-protocol_whitelist", "file", "-i"].map(OsString::from));
        arguments.push(file(list));
        let sound = self.sound == Sound::Kept;
        if sound {
            arguments.extend(["-i".into(), file(&facts.path)]);
        }
        arguments.extend(["-map", "0:v:0"].map(OsString::from));
        if sound {
            arguments.extend(["-map", "1:a?"].map(OsString::from));
        }
        arguments.extend(["-c", "copy"].map(OsString::from));
        arguments.extend(container(facts, output));
        self.run(&arguments, None)
    }
}
