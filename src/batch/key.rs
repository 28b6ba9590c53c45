//! The resume key: a digest of everything that a row's result depends on.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::Serialize;

use super::row::BatchRow;
use crate::assess::{FrameChoice, ScoreRequest};
use crate::digest::digest_of_record;
use crate::domain::{Origin, RateMode, Seconds};
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
    threshold: Option<f64>,
    codec: Option<&'a str>,
    mode: Option<RateMode>,
    bitrate: Option<f64>,
    scale: Option<u32>,
    length: Option<Seconds>,
    seed: u64,
    frames: &'a FrameChoice,
    models: &'static str,
    native_pixels: bool,
    pieapp_weights: Option<&'a Path>,
    files: Vec<Option<FileStamp>>,
}

/// A file by its size and time of change, so that a folder of long videos need not be read to find that nothing
/// is left to do.
#[derive(Serialize)]
struct FileStamp {
    bytes: u64,
    modified_seconds: i64,
    modified_nanoseconds: i64,
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
    let asked = &request.request;
    let record = KeyRecord {
        version: KEY_VERSION,
        vidaio: env!("CARGO_PKG_VERSION"),
        libvmaf: libvmaf_version(),
        ffmpeg: library_versions(),
        rules: &revision.name,
        rules_commit: &revision.commit,
        row,
        origin: request.origin,
        threshold: asked.threshold,
        codec: asked.codec.as_deref(),
        mode: asked.mode,
        bitrate: asked.bitrate,
        scale: asked.scale,
        length: request.length,
        seed: request.seed,
        frames: &request.frames,
        models: match request.models {
            Models::Both => "both",
            Models::Base => "base",
            Models::Neg => "neg",
        },
        native_pixels: request.native,
        pieapp_weights,
        files: request.files().chain(pieapp_weights).map(stamp).collect(),
    };
    Ok(format!("{KEY_VERSION}-{}", digest_of_record(&record)?))
}

/// Whether a key was made by this version of [`resume_key`].
pub(super) fn is_current(key: &str) -> bool {
    key.split_once('-')
        .is_some_and(|(version, _)| version == KEY_VERSION.to_string())
}

/// None where the file is missing.
fn stamp(path: &Path) -> Option<FileStamp> {
    let meta = fs_err::metadata(path).ok()?;
    Some(FileStamp {
        bytes: meta.len(),
        modified_seconds: meta.mtime(),
        modified_nanoseconds: meta.mtime_nsec(),
    })
}
