//! The resume key: a digest of everything that a row's result depends on.

use std::path::Path;

use serde::Serialize;

use super::row::BatchRow;
use crate::assess::{FrameChoice, ScoreRequest};
use crate::digest::{FileStamp, digest_of_record};
use crate::domain::{Origin, Seconds};
use crate::gates::TaskRequest;
use crate::measure::Models;
use crate::media::{LibraryVersions, library_versions};
use crate::metrics::vmaf::libvmaf_version;
use crate::rules::Revision;

/// Version of [`KeyRecord`]: raised whenever its fields or their meaning change. Version 1 was a digest of
/// `Debug` text, without a mark of its version.
const KEY_VERSION: u32 = 2;

/// What a result depends on.
#[derive(Serialize)]
struct KeyRecord<'a> {
    version: u32,
    vidaio: &'static str,
    libvmaf: String,
    ffmpeg: LibraryVersions,
    rules: &'a str,
    rules_commit: &'a str,
    row: &'a BatchRow,
    origin: Origin,
    request: &'a TaskRequest,
    length: Option<Seconds>,
    seed: u64,
    frames: &'a FrameChoice,
    models: Models,
    native_pixels: bool,
    pieapp_weights: Option<&'a Path>,
    /// Stamps, so that a folder of long videos need not be read to find that nothing is left to do.
    files: Vec<Option<FileStamp>>,
}

/// The key of a row: equal keys mean that the row need not be scored again.
///
/// # Errors
/// A path that is not UTF-8 text.
pub fn resume_key(
    row: &BatchRow,
    request: &ScoreRequest,
    revision: &Revision,
    pieapp_weights: Option<&Path>,
) -> Result<String, serde_json::Error> {
    let record = KeyRecord {
        version: KEY_VERSION,
        vidaio: env!("CARGO_PKG_VERSION"),
        libvmaf: libvmaf_version(),
        ffmpeg: library_versions(),
        rules: &revision.name,
        rules_commit: &revision.commit,
        row,
        origin: request.origin,
        request: &request.request,
        length: request.length,
        seed: request.seed,
        frames: &request.frames,
        models: request.models,
        native_pixels: request.native,
        pieapp_weights,
        files: request
            .files()
            .chain(pieapp_weights)
            .map(FileStamp::of)
            .collect(),
    };
    Ok(format!("{KEY_VERSION}-{}", digest_of_record(&record)?))
}

/// Whether a key was made by this version of [`resume_key`].
pub(super) fn is_current(key: &str) -> bool {
    key.split_once('-')
        .is_some_and(|(version, _)| version == KEY_VERSION.to_string())
}
