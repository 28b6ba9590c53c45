//! Which encoder works here: found by encoding one frame, never by what a list or a driver says.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::ask::ask;
use super::catalogue::{ENCODERS, Encoder, QualityAxis};
use super::clock::Clock;
use super::error::EncodeError;
use super::failure::RunFailure;
use super::options::{Setting, encoder_options};
use super::process::{Ended, Run};
use super::tool::Ffmpeg;
use crate::domain::Codec;

/// How long an encoder has for the frame it is tried on: a driver that hangs never ends.
const TRIAL: Duration = Duration::from_secs(30);

/// Which encoder is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EncoderWish {
    /// The best on the processor for the codec.
    Auto,
    /// This one.
    Named(&'static Encoder),
}

/// Whether hardware may, must or need not encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gpu {
    /// If hardware that was asked for is not there, the processor takes its place, announced.
    Preferred,
    /// Nothing takes its place.
    Required,
}

/// The encoder that does the work.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Which.
    pub encoder: &'static Encoder,
    /// Its quality as this build of it steers it.
    pub axis: QualityAxis,
    /// What was asked for and why another does the work, where one does.
    pub fallback: Option<Fallback>,
}

/// An encoder that had to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fallback {
    /// What was asked for.
    pub asked: String,
    /// Why it does not work here.
    pub why: String,
}

/// Size of the pictures of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialSize {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Chooses by trial.
///
/// # Errors
/// Nothing that was asked for works, with what each said; the time is over.
pub fn choose(
    ffmpeg: &Ffmpeg,
    wish: EncoderWish,
    codec: Codec,
    gpu: Gpu,
    size: TrialSize,
    clock: &Clock,
) -> Result<Chosen, EncodeError> {
    let found = |encoder: &'static Encoder, fallback| {
        Ok(Chosen {
            encoder,
            axis: axis_of(ffmpeg, encoder),
            fallback,
        })
    };
    let (asked, first): (String, Vec<&'static Encoder>) = match wish {
        EncoderWish::Named(encoder) => (encoder.name.into(), vec![encoder]),
        EncoderWish::Auto if gpu == Gpu::Required => (
            format!("{codec} on a GPU"),
            Encoder::of(codec, true).collect(),
        ),
        EncoderWish::Auto => (codec.to_string(), Encoder::of(codec, false).collect()),
    };
    if let (EncoderWish::Named(encoder), Gpu::Required) = (wish, gpu)
        && !encoder.hardware
    {
        return Err(EncodeError::EncoderRefused {
            encoder: encoder.name.into(),
            reason: "it runs on the processor, which --require-gpu refuses".into(),
        });
    }
    let mut tried = Vec::new();
    for encoder in first {
        match works(ffmpeg, encoder, size, &|| clock.go_on()) {
            Ok(()) => return found(encoder, None),
            // A card that has no memory or no session left is none that works.
            Err(RunFailure::Memory(reason)) if !encoder.hardware => {
                return Err(no_memory(encoder, reason));
            }
            Err(why) => tried.push(format!("{}: {why}", encoder.name)),
        }
    }
    let why = tried.join("; ");
    let replaceable = match wish {
        EncoderWish::Auto => false,
        EncoderWish::Named(encoder) => encoder.hardware,
    };
    if gpu == Gpu::Required || !replaceable {
        return Err(match wish {
            EncoderWish::Named(_) => EncodeError::EncoderRefused {
                encoder: asked,
                reason: why,
            },
            EncoderWish::Auto => EncodeError::NoEncoder {
                codec: asked,
                tried: if why.is_empty() {
                    "there is none in the list".into()
                } else {
                    why
                },
            },
        });
    }
    for encoder in Encoder::of(codec, false) {
        match works(ffmpeg, encoder, size, &|| clock.go_on()) {
            Ok(()) => return found(encoder, Some(Fallback { asked, why })),
            // A card that has no memory or no session left is none that works.
            Err(RunFailure::Memory(reason)) if !encoder.hardware => {
                return Err(no_memory(encoder, reason));
            }
            Err(other) => tried.push(format!("{}: {other}", encoder.name)),
        }
    }
    Err(EncodeError::NoEncoder {
        codec: codec.to_string(),
        tried: tried.join("; "),
    })
}

/// Another encoder would not have more of it, and would not be what was asked for.
fn no_memory(encoder: &Encoder, reason: String) -> EncodeError {
    EncodeError::OutOfMemory {
        encoder: encoder.name.into(),
        reason,
    }
}

/// Every encoder with whether it works here, or what it said.
#[must_use]
pub fn try_all(ffmpeg: &Ffmpeg) -> Vec<(&'static Encoder, Result<(), String>)> {
    let size = TrialSize {
        width: 256,
        height: 256,
    };
    ENCODERS
        .iter()
        .map(|encoder| {
            let works = works(ffmpeg, encoder, size, &|| true);
            (encoder, works.map_err(|why| why.to_string()))
        })
        .collect()
}

/// Encodes one frame to nothing.
fn works(
    ffmpeg: &Ffmpeg,
    encoder: &'static Encoder,
    size: TrialSize,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<(), RunFailure> {
    if !ffmpeg.lists(encoder.library) {
        return Err(RunFailure::Encoder(format!(
            "FFmpeg {} was built without {}",
            ffmpeg.version(),
            encoder.library
        )));
    }
    let middle = encoder
        .axis
        .level((encoder.axis.finest + encoder.axis.coarsest) / 2.0);
    let quality = encoder.axis.quality(middle).round();
    trial(ffmpeg, encoder, quality, size, go_on).map_err(|why| too_old(ffmpeg, why))
}

/// An option that the program does not know is a matter of its age.
fn too_old(ffmpeg: &Ffmpeg, why: RunFailure) -> RunFailure {
    match why {
        RunFailure::Encoder(said) if said.contains("Unrecognized option") => RunFailure::Encoder(
            format!("FFmpeg {} is too old for it: {said}", ffmpeg.version()),
        ),
        other => other,
    }
}

fn trial(
    ffmpeg: &Ffmpeg,
    encoder: &'static Encoder,
    quality: f64,
    size: TrialSize,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<(), RunFailure> {
    let setting = Setting {
        encoder,
        preset: encoder.fastest_preset(),
        quality,
        variant: "",
        zones: &[],
        threads: 1,
    };
    // Other sources round odd sizes.
    let source = format!("nullsrc=size={}x{}:rate=25", size.width, size.height);
    let mut arguments: Vec<OsString> = ["-f", "lavfi", "-i", &source, "-frames:v", "1"]
        .map(OsString::from)
        .into();
    arguments.extend(["-pix_fmt".into(), "yuv420p".into()]);
    arguments.extend(encoder_options(&setting).into_iter().map(OsString::from));
    arguments.extend(["-f", "null", "-"].map(OsString::from));
    let begun = Instant::now();
    let run = Run {
        ffmpeg,
        arguments: &arguments,
        pixels: u64::from(size.width) * u64::from(size.height),
        go_on: &|| go_on() && begun.elapsed() < TRIAL,
    };
    match run.run(None) {
        Ended::Done => Ok(()),
        Ended::Stopped => Err(RunFailure::Encoder(format!(
            "it did not encode a single frame within {:.0} s",
            begun.elapsed().as_secs_f64()
        ))),
        Ended::Failed(why) => Err(why),
    }
}

/// The axis of quality of this build: SVT-AV1 knows quarter steps from 4.0 on and ignores or refuses
/// them before, which only its own version tells.
fn axis_of(ffmpeg: &Ffmpeg, encoder: &'static Encoder) -> QualityAxis {
    let mut axis = encoder.axis;
    if encoder.library == "libsvtav1" && svt_version(ffmpeg).is_none_or(|major| major < 4) {
        axis.step = 1.0;
    }
    axis
}

fn svt_version(ffmpeg: &Ffmpeg) -> Option<u32> {
    let source = "color=gray:size=64x64:rate=25";
    let arguments = [
        "-f",
        "lavfi",
        "-i",
        source,
        "-frames:v",
        "1",
        "-c:v",
        "libsvtav1",
        "-preset",
        "12",
        "-f",
        "null",
        "-",
    ];
    let until = Instant::now() + TRIAL;
    let words = ask(ffmpeg.program(), &arguments, until).ok()?.stderr;
    let version = words.split("Encoder Lib v").nth(1)?;
    version.split('.').next()?.parse().ok()
}
