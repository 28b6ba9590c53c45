//! One encode: the complete FFmpeg command line for a range of frames, and the concatenation of pieces.

use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::encode::encoders::audio::AudioPolicy;
use crate::encode::encoders::container::{color_tags, container, raw_input};
use crate::encode::encoders::failure::RunFailure;
use crate::encode::encoders::options::{Setting, encoder_options};
use crate::encode::encoders::process::{Feed, FfmpegRun, RunOutcome, file};
use crate::encode::encoders::tool::Ffmpeg;
use crate::encode::source::{FrameTransport, SourceClip};

/// Frame rate of raw frames whose file declares none; FFmpeg's own default for raw video.
const DEFAULT_RATE: (i32, i32) = (25, 1);

/// What the encodes of one probe share.
pub(super) struct Encode<'a> {
    pub(super) ffmpeg: &'a Ffmpeg,
    pub(super) source: &'a SourceClip,
    pub(super) audio: AudioPolicy,
    pub(super) go_on: &'a (dyn Fn() -> bool + Sync),
}

impl Encode<'_> {
    /// Encodes a range of frames into a file of its own.
    pub(super) fn range(
        &self,
        setting: &Setting<'_>,
        range: &Range<u64>,
        output: &Path,
    ) -> RunOutcome {
        let facts = &self.source.index.facts;
        let piped = self.source.transport == FrameTransport::Pipe;
        let mut arguments = self.input(piped);
        let whole = *range == (0..self.source.index.frames);
        let audio = self.audio == AudioPolicy::Kept && whole;
        if piped && audio {
            arguments.extend(["-i".into(), file(&facts.path)]);
        }
        arguments.extend(["-map", "0:v:0"].map(OsString::from));
        if audio {
            let from = if piped { "1:a?" } else { "0:a?" };
            arguments.extend(["-map", from, "-c:a", "copy"].map(OsString::from));
        }
        // The pixels are converted before they are tagged: after a tag that says limited range, `scale`
        // would not convert full range.
        let tags = color_tags(facts, setting.encoder.codec);
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

    /// Options of the video input.
    fn input(&self, piped: bool) -> Vec<OsString> {
        let facts = &self.source.index.facts;
        if !piped {
            return vec!["-noautorotate".into(), "-i".into(), file(&facts.path)];
        }
        let rate = facts.average_frame_rate;
        let rate = if rate.num > 0 && rate.den > 0 {
            (rate.num, rate.den)
        } else {
            DEFAULT_RATE
        };
        raw_input("yuv420p", (facts.width, facts.height), rate)
    }

    fn run(&self, arguments: &[OsString], feed: Option<&mut Feed<'_>>) -> RunOutcome {
        let facts = &self.source.index.facts;
        let run = FfmpegRun {
            ffmpeg: self.ffmpeg,
            arguments,
            pixels: u64::from(facts.width) * u64::from(facts.height),
            go_on: self.go_on,
        };
        run.run(feed)
    }

    /// Concatenates consecutive pieces, each with its number of frames, without encoding them again.
    pub(super) fn join(&self, pieces: &[(PathBuf, u64)], list: &Path, output: &Path) -> RunOutcome {
        let rate = self.source.index.facts.average_frame_rate.per_second();
        if let Err(e) = fs_err::write(list, concat_list(pieces, rate)) {
            return RunOutcome::Failed(RunFailure::unwritable(&e));
        }
        let facts = &self.source.index.facts;
        let mut arguments: Vec<OsString> =
            ["-f", "concat", "-safe", "0"].map(OsString::from).into();
        arguments.extend(["-protocol_whitelist", "file", "-i"].map(OsString::from));
        arguments.push(file(list));
        let audio = self.audio == AudioPolicy::Kept;
        if audio {
            arguments.extend(["-i".into(), file(&facts.path)]);
        }
        arguments.extend(["-map", "0:v:0"].map(OsString::from));
        if audio {
            arguments.extend(["-map", "1:a?"].map(OsString::from));
        }
        arguments.extend(["-c", "copy"].map(OsString::from));
        arguments.extend(container(facts, output));
        self.run(&arguments, None)
    }
}

/// The input of FFmpeg's concat demuxer.
fn concat_list(pieces: &[(PathBuf, u64)], rate: f64) -> Vec<u8> {
    let mut lines = b"ffconcat version 1.0\n".to_vec();
    for (piece, frames) in pieces {
        // A quote ends a name in this format, so it is escaped.
        lines.extend(b"file 'file:");
        for byte in piece.as_os_str().as_bytes() {
            match byte {
                b'\'' => lines.extend(br"'\''"),
                other => lines.push(*other),
            }
        }
        lines.extend(b"'\n");
        // The duration stored in an MP4 is rounded to milliseconds, which would shift the following pieces.
        if rate > 0.0 {
            lines.extend(format!("duration {:.6}\n", *frames as f64 / rate).bytes());
        }
    }
    lines
}
