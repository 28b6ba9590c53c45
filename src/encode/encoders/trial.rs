//! Whether an encoder works here: tested by encoding one frame, because neither FFmpeg's list nor a driver's
//! answer proves it.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::catalogue::{ENCODERS, Encoder, QualityAxis};
use super::failure::RunFailure;
use super::options::{Setting, encoder_options};
use super::process::{FfmpegRun, RunOutcome};
use super::query::query;
use super::tool::Ffmpeg;

/// How long an encoder may take for one frame. Our choice: a driver that hangs never finishes.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Sides of the frame that [`try_all`] encodes, in pixels; hardware encoders refuse much smaller ones.
const SMALL_TRIAL: TrialSize = TrialSize {
    width: 256,
    height: 256,
};

/// First major version of SVT-AV1 that accepts quarter steps of CRF.
const SVT_WITH_QUARTER_STEPS: u32 = 4;

/// Size of the frame of a trial, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialSize {
    pub width: u32,
    pub height: u32,
}

/// Every encoder, and the reason if it does not work here.
#[must_use]
pub fn try_all(ffmpeg: &Ffmpeg) -> Vec<(&'static Encoder, Result<(), String>)> {
    ENCODERS
        .iter()
        .map(|encoder| {
            let works = try_encoder(ffmpeg, encoder, SMALL_TRIAL, &|| true);
            (encoder, works.map_err(|why| why.to_string()))
        })
        .collect()
}

/// Encodes one frame and discards it.
pub(super) fn try_encoder(
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
    encode_frame(ffmpeg, encoder, quality, size, go_on).map_err(|why| explain_age(ffmpeg, why))
}

/// An option that FFmpeg does not know means that it is too old.
fn explain_age(ffmpeg: &Ffmpeg, why: RunFailure) -> RunFailure {
    match why {
        RunFailure::Encoder(reason) if reason.contains("Unrecognized option") => {
            RunFailure::Encoder(format!(
                "FFmpeg {} is too old for it: {reason}",
                ffmpeg.version()
            ))
        }
        other => other,
    }
}

fn encode_frame(
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
    // `nullsrc` keeps odd sizes; other sources round them.
    let source = format!("nullsrc=size={}x{}:rate=25", size.width, size.height);
    let mut arguments: Vec<OsString> = ["-f", "lavfi", "-i", &source, "-frames:v", "1"]
        .map(OsString::from)
        .into();
    arguments.extend(["-pix_fmt".into(), "yuv420p".into()]);
    arguments.extend(encoder_options(&setting).into_iter().map(OsString::from));
    arguments.extend(["-f", "null", "-"].map(OsString::from));
    let begun = Instant::now();
    let run = FfmpegRun {
        ffmpeg,
        arguments: &arguments,
        pixels: u64::from(size.width) * u64::from(size.height),
        go_on: &|| go_on() && begun.elapsed() < TRIAL_TIMEOUT,
    };
    match run.run(None) {
        RunOutcome::Done => Ok(()),
        RunOutcome::Stopped => Err(RunFailure::Encoder(format!(
            "it did not encode a single frame within {:.0} s",
            begun.elapsed().as_secs_f64()
        ))),
        RunOutcome::Failed(why) => Err(why),
    }
}

/// The quality axis of the installed build: before 4.0, SVT-AV1 ignores or refuses quarter steps.
pub(super) fn axis_of(ffmpeg: &Ffmpeg, encoder: &'static Encoder) -> QualityAxis {
    let mut axis = encoder.axis;
    if encoder.library == "libsvtav1"
        && svt_version(ffmpeg).is_none_or(|major| major < SVT_WITH_QUARTER_STEPS)
    {
        axis.step = 1.0;
    }
    axis
}

/// Major version of SVT-AV1, which it prints when it encodes.
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
    let until = Instant::now() + TRIAL_TIMEOUT;
    let stderr = query(ffmpeg.program(), &arguments, until).ok()?.stderr;
    let version = stderr.split("Encoder Lib v").nth(1)?;
    version.split('.').next()?.parse().ok()
}
