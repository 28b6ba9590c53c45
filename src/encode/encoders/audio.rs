//! Whether the audio of an input can be kept: tested before anything is encoded, by copying its beginning
//! into an MP4 that is discarded. Which audio codecs MP4 accepts differs between versions of FFmpeg.

use std::ffi::OsString;

use super::failure::RunFailure;
use super::process::{FfmpegRun, RunOutcome, file};
use super::tool::Ffmpeg;
use crate::encode::error::EncodeError;
use crate::media::ClipFacts;

/// Audio packets that are copied for the test. Our choice: enough for formats that FFmpeg recognizes only
/// after several packets.
const TEST_PACKETS: &str = "50";

/// What happens to the audio of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AudioPolicy {
    /// Left out: no rule of ordinary tasks checks it, and its bytes count.
    Dropped,
    /// Copied bit by bit.
    Kept,
}

/// Rejects audio that is to be kept but that MP4 cannot hold.
pub(crate) fn check(
    ffmpeg: &Ffmpeg,
    facts: &ClipFacts,
    audio: AudioPolicy,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<(), EncodeError> {
    if audio == AudioPolicy::Dropped || facts.audio_streams == 0 {
        return Ok(());
    }
    let mut arguments: Vec<OsString> = vec!["-i".into(), file(&facts.path)];
    arguments.extend(["-map", "0:a", "-c", "copy"].map(OsString::from));
    arguments.extend(["-frames:a", TEST_PACKETS, "-f", "mp4"].map(OsString::from));
    // A pipe cannot seek, so the file is fragmented. Some codecs are described only by their first packets,
    // so the header is delayed until then.
    let movflags = "+frag_keyframe+empty_moov+delay_moov";
    arguments.extend(["-movflags", movflags, "pipe:1"].map(OsString::from));
    let run = FfmpegRun {
        ffmpeg,
        arguments: &arguments,
        pixels: 0,
        go_on,
    };
    match run.run(None) {
        // A passed deadline is reported by the caller, who has the clock.
        RunOutcome::Done | RunOutcome::Stopped => Ok(()),
        RunOutcome::Failed(RunFailure::Encoder(reason)) => Err(EncodeError::Audio {
            input: facts.path.clone(),
            reason,
        }),
        RunOutcome::Failed(other) => Err(other.into_error(&facts.path, "FFmpeg", &facts.path)),
    }
}
