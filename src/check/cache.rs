//! Measurements by what they are made of: contents of the files and settings, never names or times.

use crate::domain::Bytes;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::measure::{Measurement, Plan};
use crate::media::library_versions;
use crate::metrics::vmaf::libvmaf_version;
use crate::models::sha256_of_file;

/// A folder of measurements, or none.
#[derive(Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
    digests: Mutex<HashMap<PathBuf, String>>,
}

fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
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
        ] {
            files.push(path.map(|p| self.digest(p)).transpose()?);
        }
        let mut bare = plan.clone();
        bare.reference = PathBuf::new();
        bare.distorted = PathBuf::new();
        bare.evidence.payload = plan.evidence.payload.as_ref().map(|_| PathBuf::new());
        // Threads and memory change the time it takes, and no number.
        (bare.threads, bare.memory) = (0, Bytes(0));
        Ok(digest_of(&format!(
            "{} {} {:?} {files:?} {weights:?} {bare:?}",
            env!("CARGO_PKG_VERSION"),
            libvmaf_version(),
            library_versions(),
        )))
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

    /// What a command made the last time, by a name for the command and its inputs.
    #[must_use]
    pub fn made(&self, command: &str) -> Option<String> {
        let name = format!("made-{}", digest_of(command));
        std::fs::read_to_string(self.folder.as_ref()?.join(name)).ok()
    }

    /// Remembers what a command made.
    pub fn remember(&self, command: &str, digest: &str) {
        self.write(&format!("made-{}", digest_of(command)), digest);
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
