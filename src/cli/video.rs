//! What `vidaio-video` adds to the command line. It alone names [`VIDEO`]: what only that reaches is dropped from
//! `vidaio` by the linker, and the libraries with it. `tests/it/start.rs` checks that this holds.

use super::reach::{Reach, VideoCommands};
use super::{check, compress, doctor, lint, report, score, upscale, version};

/// For the program that links the video libraries.
pub const VIDEO: Reach = Reach::Video(VideoCommands {
    score: score::run,
    lint: lint::run,
    check: check::run,
    compress: compress::run,
    upscale: upscale::run,
    report: report::run,
    doctor: doctor::run,
    versions: version::libraries,
});
