//! Whether the sound of an input can be kept: found out by copying its beginning into an MP4 that goes
//! nowhere, before anything is encoded. Which sound MP4 takes differs from version to version of FFmpeg.

use std::ffi::OsString;

use super::error::EncodeError;
use super::failure::RunFailure;
use super::process::{Ended, Run, file};
use super::tool::Ffmpeg;
use super::write::Sound;
use crate::media::ClipFacts;

/// Refuses sound that cannot be kept where it is to be kept.
pub(super) fn check(
    ffmpeg: &Ffmpeg,
    facts: &ClipFacts,
    sound: Sound,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<(), EncodeError> {
    if sound == Sound::Dropped || facts.audio_streams == 0 {
        return Ok(());
    }
    let mut arguments: Vec<OsString> = vec!["-i".into(), file(&facts.path)];
    arguments
        .extend(["-map", "0:a", "-c", "copy", "-frames:a", "50", "-f", "mp4"].map(OsString::from));
    // A pipe cannot be gone back in, so the file is written in fragments; some sound is known only by its
    // first packets, so the beginning waits for them.
    arguments.extend(
        [
            "-movflags",
            "+frag_keyframe+empty_moov+delay_moov",
            "pipe:1",
        ]
        .map(OsString::from),
    );
    let run = Run {
        ffmpeg,
        arguments: &arguments,
        pixels: 0,
        go_on,
    };
    match run.run(None) {
        // Out of time is told by whoever has the clock.
        Ended::Done | Ended::Stopped => Ok(()),
        Ended::Failed(RunFailure::Encoder(reason)) => Err(EncodeError::Sound {
            input: facts.path.clone(),
            reason,
        }),
        Ended::Failed(other) => Err(other.into_error(&facts.path, "FFmpeg", &facts.path)),
    }
}
