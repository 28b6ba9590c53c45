//! The folder in which weights are stored.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::catalogue::{CATALOGUE, Model};
use super::error::ModelError;

/// A folder of weights.
#[derive(Debug, Clone)]
pub struct ModelStore {
    folder: PathBuf,
}

/// The state of a model's file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelState {
    /// There is no file.
    Missing,
    /// It is partly downloaded: bytes so far.
    Partial(u64),
    /// A file of so many bytes exists; only [`ModelStore::verify`] shows whether it is the published one.
    Present(u64),
}

impl ModelStore {
    /// Weights in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Finds a model by name.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] with the known names.
    pub fn model(name: &str) -> Result<&'static Model, ModelError> {
        CATALOGUE
            .iter()
            .find(|m| m.name == name)
            .ok_or_else(|| ModelError::Unknown {
                asked: name.to_owned(),
                known: CATALOGUE
                    .iter()
                    .map(|m| m.name)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// Path of a model's file, whether it exists or not.
    #[must_use]
    pub fn path(&self, model: &Model) -> PathBuf {
        self.folder.join(model.file)
    }

    /// Path of a download in progress.
    #[must_use]
    pub fn partial_path(&self, model: &Model) -> PathBuf {
        self.folder.join(format!("{}.part", model.file))
    }

    /// The state of a model's file, without reading it.
    #[must_use]
    pub fn state(&self, model: &Model) -> ModelState {
        let length = |path: PathBuf| fs_err::metadata(path).ok().map(|m| m.len());
        match (length(self.path(model)), length(self.partial_path(model))) {
            (Some(bytes), _) => ModelState::Present(bytes),
            (None, Some(bytes)) => ModelState::Partial(bytes),
            (None, None) => ModelState::Missing,
        }
    }

    /// Reads the whole file and compares its digest with the published one.
    ///
    /// # Errors
    /// The file is missing, unreadable, or not the published one.
    pub fn verify(&self, model: &Model) -> Result<PathBuf, ModelError> {
        let path = self.path(model);
        if !path.is_file() {
            return Err(ModelError::Missing {
                name: model.name,
                path,
            });
        }
        check(model, &path)?;
        Ok(path)
    }

    /// Imports a local copy of published weights; the given file is only read.
    ///
    /// # Errors
    /// The file is unreadable or not the published one, or the disk is full.
    pub fn import(&self, model: &Model, from: &Path) -> Result<PathBuf, ModelError> {
        check(model, from)?;
        fs_err::create_dir_all(&self.folder)?;
        let mut copy = tempfile::NamedTempFile::new_in(&self.folder)?;
        std::io::copy(&mut fs_err::File::open(from)?, &mut copy)?;
        // The copy is verified, too: the source may have changed meanwhile.
        check(model, copy.path())?;
        let path = self.path(model);
        copy.persist(&path).map_err(|e| e.error)?;
        Ok(path)
    }
}

/// Compares the digest of a file with the published one.
pub(super) fn check(model: &Model, path: &Path) -> Result<(), ModelError> {
    let found = sha256_of_file(path)?;
    if found == model.sha256 {
        return Ok(());
    }
    Err(ModelError::Digest {
        name: model.name,
        path: path.to_path_buf(),
        found,
        expected: model.sha256,
    })
}

/// SHA-256 of a file in lower-case hexadecimal.
///
/// # Errors
/// The file cannot be read, or is not a regular file: a pipe or a device may have no end.
pub fn sha256_of_file(path: &Path) -> std::io::Result<String> {
    if !fs_err::metadata(path)?.is_file() {
        let reason = format!("{}: it is no plain file", path.display());
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            reason,
        ));
    }
    let mut file = fs_err::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}
