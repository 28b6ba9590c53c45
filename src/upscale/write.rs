//! One upscaled file: frames through the engine into the encoder.

use std::ffi::OsString;
use std::path::Path;

use super::engine::{Engine, Interpolation, LoadedNetwork};
use super::error::UpscaleError;
use super::frames::{FramePipeline, upscale_frames};
use crate::encode::{
    Feed, FeedError, Ffmpeg, FfmpegRun, FrameTransport, RunOutcome, Setting, SourceClip,
    color_tags, container, encoder_options, file_argument, raw_input,
};
use crate::media::ClipFacts;

/// What the files of an upscaling share.
pub(super) struct Writer<'a> {
    pub(super) ffmpeg: &'a Ffmpeg,
    pub(super) source: &'a SourceClip,
    pub(super) scale: u32,
    /// Width and height of the result.
    pub(super) size: (u32, u32),
    pub(super) pipeline: FramePipeline,
    pub(super) go_on: &'a (dyn Fn() -> bool + Sync),
    /// Called for every frame that is written to the encoder.
    pub(super) advance: &'a (dyn Fn() + Sync),
}

/// The color matrix of frames from a network: the input's own; BT.601 if it is not tagged, because the input
/// was decoded with that.
fn matrix(facts: &ClipFacts) -> &str {
    match facts.color_space.as_deref() {
        Some("bt709") => "bt709",
        Some("bt2020nc" | "bt2020c") => "bt2020",
        Some("smpte240m") => "smpte240m",
        Some("fcc") => "fcc",
        _ => "bt601",
    }
}

/// Whether the output keeps the full range of the input.
fn full_range(facts: &ClipFacts) -> bool {
    facts.color_range.as_deref() == Some("pc") && !facts.pixel_format.starts_with("yuvj")
}

impl Writer<'_> {
    /// Runs the engine and encodes its frames.
    pub(super) fn write(
        &self,
        engine: &mut Engine,
        setting: &Setting<'_>,
        output: &Path,
    ) -> Result<RunOutcome, UpscaleError> {
        match engine {
            Engine::Filter(filter) => Ok(self.with_filter(*filter, setting, output)),
            Engine::Network(network) => self.with_network(network, setting, output),
        }
    }

    /// Frames are decoded here, upscaled by the worker and piped to the encoder as RGB.
    fn with_network(
        &self,
        network: &mut LoadedNetwork,
        setting: &Setting<'_>,
        output: &Path,
    ) -> Result<RunOutcome, UpscaleError> {
        let index = &self.source.index;
        let facts = &index.facts;
        let size = (facts.width * self.scale, facts.height * self.scale);
        let range = if full_range(facts) { "pc" } else { "tv" };
        let filter = format!(
            "scale={}:{}:in_range=pc:out_range={range}:out_color_matrix={}:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p,{}setsar=1",
            self.size.0,
            self.size.1,
            matrix(facts),
            color_tags(facts, setting.encoder.codec)
        );
        let input = raw_input("rgb24", size, self.rate());
        let arguments = self.arguments(input, &filter, setting, output);
        let mut failure = None;
        let mut feed = |pipe: &mut dyn std::io::Write| -> Result<(), FeedError> {
            let mut each = |frame: &[u8]| {
                (self.advance)();
                pipe.write_all(frame).map_err(|_| UpscaleError::Pipe)
            };
            let (threads, scale) = (self.source.threads, self.scale);
            match upscale_frames(index, threads, network, scale, self.pipeline, &mut each) {
                Ok(()) => Ok(()),
                Err(UpscaleError::Pipe) => Err(FeedError::Pipe),
                Err(e) => {
                    let reason = FeedError::Producer(e.to_string());
                    failure = Some(e);
                    Err(reason)
                }
            }
        };
        let outcome = self.run(&arguments, Some(&mut feed));
        match failure {
            Some(e) if matches!(outcome, RunOutcome::Failed(_)) => Err(e),
            _ => Ok(outcome),
        }
    }

    /// FFmpeg upscales and encodes.
    fn with_filter(
        &self,
        filter: Interpolation,
        setting: &Setting<'_>,
        output: &Path,
    ) -> RunOutcome {
        let facts = &self.source.index.facts;
        let scaled = format!(
            "scale={}:{}:flags={}+accurate_rnd+full_chroma_int,format=yuv420p,{}setsar=1",
            self.size.0,
            self.size.1,
            filter.name(),
            color_tags(facts, setting.encoder.codec)
        );
        let stride = self.pipeline.stride.max(1);
        let scaled = if stride > 1 {
            // The frames in between repeat the last upscaled one.
            format!(
                "select='not(mod(n\\,{stride}))',{scaled},fps={}/{}",
                self.rate().0,
                self.rate().1
            )
        } else {
            scaled
        };
        let piped = self.source.transport == FrameTransport::Pipe;
        let input: Vec<OsString> = if piped {
            raw_input("yuv420p", (facts.width, facts.height), self.rate())
        } else {
            vec![
                "-noautorotate".into(),
                "-i".into(),
                file_argument(&facts.path),
            ]
        };
        let mut arguments = self.arguments(input, &scaled, setting, output);
        if !piped {
            keep_times(&mut arguments);
        }
        if piped {
            let all = 0..self.source.index.frames;
            let mut feed = |pipe: &mut dyn std::io::Write| {
                let mut counted = Counted {
                    pipe,
                    frame_bytes: u64::from(facts.width) * u64::from(facts.height) * 3 / 2,
                    bytes: 0,
                    advance: self.advance,
                };
                self.source.write(&all, &mut counted)
            };
            self.run(&arguments, Some(&mut feed))
        } else {
            self.run(&arguments, None)
        }
    }

    fn rate(&self) -> (i32, i32) {
        let rate = self.source.index.facts.average_frame_rate;
        if rate.num > 0 && rate.den > 0 {
            (rate.num, rate.den)
        } else {
            (25, 1)
        }
    }

    fn run(&self, arguments: &[OsString], feed: Option<&mut Feed<'_>>) -> RunOutcome {
        let run = FfmpegRun {
            ffmpeg: self.ffmpeg,
            arguments,
            pixels: u64::from(self.size.0) * u64::from(self.size.1),
            go_on: self.go_on,
        };
        run.run(feed)
    }

    fn arguments(
        &self,
        input: Vec<OsString>,
        filter: &str,
        setting: &Setting<'_>,
        output: &Path,
    ) -> Vec<OsString> {
        let mut arguments = input;
        arguments.extend(["-map", "0:v:0", "-an", "-vf", filter].map(OsString::from));
        arguments.extend([self.ffmpeg.frame_option(), "passthrough"].map(OsString::from));
        arguments.extend(encoder_options(setting).into_iter().map(OsString::from));
        arguments.extend(container(&self.source.index.facts, output));
        arguments
    }

    /// Encodes an upscaled file again with another setting; the engine does not run again.
    pub(super) fn encode_again(
        &self,
        made: &Path,
        setting: &Setting<'_>,
        output: &Path,
    ) -> RunOutcome {
        let facts = &self.source.index.facts;
        let filter = format!("{}setsar=1", color_tags(facts, setting.encoder.codec));
        let input = vec!["-i".into(), file_argument(made)];
        let mut arguments = self.arguments(input, &filter, setting, output);
        if self.source.transport == FrameTransport::File {
            keep_times(&mut arguments);
        }
        self.run(&arguments, None)
    }
}

/// Preserves variable frame times.
fn keep_times(arguments: &mut Vec<OsString>) {
    let at = arguments.iter().position(|a| a == "-map").unwrap_or(0);
    arguments.splice(at..at, ["-enc_time_base", "-1"].map(OsString::from));
}

/// Counts the frames that are written to a pipe.
struct Counted<'a> {
    pipe: &'a mut dyn std::io::Write,
    frame_bytes: u64,
    bytes: u64,
    advance: &'a (dyn Fn() + Sync),
}

impl std::io::Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.pipe.write(bytes)?;
        let before = self.bytes / self.frame_bytes.max(1);
        self.bytes += written as u64;
        for _ in before..self.bytes / self.frame_bytes.max(1) {
            (self.advance)();
        }
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.pipe.flush()
    }
}
