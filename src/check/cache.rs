//! Measurements by what they are made of: contents of the files and settings, never names or times.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::digest::digest_of_record;
use crate::domain::Bytes;
use crate::measure::{Measurement, Plan};
use crate::media::{LibraryVersions, library_versions};
use crate::metrics::vmaf::libvmaf_version;
use crate::models::sha256_of_file;

/// A folder of measurements, or none.
#[derive(Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
    digests: Mutex<HashMap<PathBuf, String>>,
}

/// Version of [`KeyRecord`] and [`MadeBy`]: raised whenever their fields or meaning change.
const KEY_VERSION: u32 = 2;

/// What the numbers of a measurement depend on.
#[derive(Serialize)]
struct KeyRecord<'a> {
    version: u32,
    vidaio: &'static str,
    libvmaf: String,
    ffmpeg: LibraryVersions,
    /// Digests of reference, output, payload and original.
    files: Vec<Option<String>>,
    /// Digest of the weights of PIE-APP.
    weights: Option<&'a str>,
    /// Without paths, threads and memory.
    plan: Plan,
}

/// What the output of a command depends on.
#[derive(Debug, Serialize)]
pub(super) struct MadeBy<'a> {
    pub(super) command: &'a [String],
    /// Name of the output.
    pub(super) output: String,
    /// Digest of the reference.
    pub(super) reference: String,
    /// Digest of the payload.
    pub(super) payload: Option<String>,
}

/// Name of the file that holds the digest of what a command made.
fn name_of_made(made_by: &MadeBy<'_>) -> Option<String> {
    let digest = digest_of_record(&(KEY_VERSION, made_by)).ok()?;
    Some(format!("made-{digest}"))
}

impl Cache {
    /// Keeps measurements in a folder, which is made when the first is kept.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
            digests: Mutex::default(),
        }
    }

    /// SHA-256 of a file, read once in the life of the cache.
    ///
    /// # Errors
    /// What keeps the file from being read.
    pub fn digest(&self, path: &Path) -> std::io::Result<String> {
        let mut known = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = known.get(path) {
            return Ok(digest.clone());
        }
        drop(known);
        let digest = sha256_of_file(path)?;
        known = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_path_buf(), digest.clone());
        Ok(digest)
    }

    /// Drops the digest of a file that was rewritten.
    pub fn forget(&self, path: &Path) {
        let mut known = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(path);
    }

    /// The name of a measurement: everything that could change one of its numbers.
    ///
    /// # Errors
    /// What keeps a file from being read.
    pub fn key(&self, plan: &Plan, weights: Option<&str>) -> std::io::Result<String> {
        let mut files = Vec::new();
        for path in [
            Some(&plan.reference),
            Some(&plan.distorted),
            plan.evidence.payload.as_ref(),
            plan.evidence.original.as_ref(),
        ] {
            files.push(path.map(|p| self.digest(p)).transpose()?);
        }
        let mut bare = plan.clone();
        bare.reference = PathBuf::new();
        bare.distorted = PathBuf::new();
        bare.evidence.payload = plan.evidence.payload.as_ref().map(|_| PathBuf::new());
        bare.evidence.original = plan.evidence.original.as_ref().map(|_| PathBuf::new());
        // Threads and memory change the time it takes, and no number.
        (bare.threads, bare.memory) = (0, Bytes(0));
        let record = KeyRecord {
            version: KEY_VERSION,
            vidaio: env!("CARGO_PKG_VERSION"),
            libvmaf: libvmaf_version(),
            ffmpeg: library_versions(),
            files,
            weights,
            plan: bare,
        };
        Ok(digest_of_record(&record)?)
    }

    /// The stored measurement; one that cannot be read counts as missing.
    #[must_use]
    pub fn get(&self, key: &str, plan: &Plan) -> Option<Measurement> {
        let path = self.folder.as_ref()?.join(format!("{key}.json"));
        let text = std::fs::read_to_string(path).ok()?;
        let mut found: Measurement = serde_json::from_str(&text).ok()?;
        found.reference.path.clone_from(&plan.reference);
        found.distorted.path.clone_from(&plan.distorted);
        found.backend.threads = plan.threads;
        Some(found)
    }

    /// Stores a measurement. A failure is no error: the next run measures again.
    pub fn put(&self, key: &str, measurement: &Measurement) {
        let Ok(text) = serde_json::to_string(measurement) else {
            return;
        };
        self.write(&format!("{key}.json"), &text);
    }

    /// Digest of what a command made the last time.
    #[must_use]
    pub(super) fn made(&self, made_by: &MadeBy<'_>) -> Option<String> {
        let name = name_of_made(made_by)?;
        std::fs::read_to_string(self.folder.as_ref()?.join(name)).ok()
    }

    /// Stores the digest of what a command made.
    pub(super) fn remember(&self, made_by: &MadeBy<'_>, digest: &str) {
        if let Some(name) = name_of_made(made_by) {
            self.write(&name, digest);
        }
    }

    fn write(&self, name: &str, text: &str) {
        let Some(folder) = &self.folder else {
            return;
        };
        let written = std::fs::create_dir_all(folder).and_then(|()| {
            let file = tempfile::NamedTempFile::new_in(folder)?;
            std::fs::write(file.path(), text)?;
            file.persist(folder.join(name)).map_err(|e| e.error)?;
            Ok(())
        });
        let _kept_or_not = written;
    }
}
