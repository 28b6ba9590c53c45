//! The folder in which weights lie.

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

/// What is known of one model's file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelState {
    /// There is no file.
    Missing,
    /// Part of it has been fetched: bytes so far.
    Partial(u64),
    /// A file is there; whether it is whole only [`ModelStore::verify`] tells.
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

    /// Where a model's file lies or would lie.
    #[must_use]
    pub fn path(&self, model: &Model) -> PathBuf {
        self.folder.join(model.file)
    }

    /// Where a fetch in progress keeps what it has.
    #[must_use]
    pub fn partial_path(&self, model: &Model) -> PathBuf {
        self.folder.join(format!("{}.part", model.file))
    }

    /// Whether there is a file, without reading it.
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
    /// Missing, unreadable, or other bytes than were published.
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

    /// Takes a local copy of published weights in; the file given is only read.
    ///
    /// # Errors
    /// Unreadable, other bytes than were published, or no room.
    pub fn import(&self, model: &Model, from: &Path) -> Result<PathBuf, ModelError> {
        check(model, from)?;
        fs_err::create_dir_all(&self.folder)?;
        let mut copy = tempfile::NamedTempFile::new_in(&self.folder)?;
        std::io::copy(&mut fs_err::File::open(from)?, &mut copy)?;
        // What was copied is checked once more: the source may have changed meanwhile.
        check(model, copy.path())?;
        let path = self.path(model);
        copy.persist(&path).map_err(|e| e.error)?;
        Ok(path)
    }
}

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

/// SHA-256 of a file as lower-case hex.
///
/// # Errors
/// The file cannot be read, or is none: a pipe or a device may have no end.
pub fn sha256_of_file(path: &Path) -> std::io::Result<String> {
    if !fs_err::metadata(path)?.is_file() {
        let words = format!("{}: it is no plain file", path.display());
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, words));
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
