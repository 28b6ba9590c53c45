//! The folder next to the output in which files are written until they are complete.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest as _, Sha256};

use super::error::EncodeError;

/// Longest file name, in bytes, that Linux file systems allow (`NAME_MAX`).
const LONGEST_NAME: usize = 255;
/// Bytes of the digest that keeps shortened names distinct. Our choice.
const DIGEST_BYTES: usize = 8;

/// The folder of one run, locked as long as the run lives.
pub(crate) struct Workspace {
    folder: PathBuf,
    output: PathBuf,
    lock: File,
    counter: AtomicU32,
}

/// What happens to the work of an interrupted run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResumePolicy {
    /// It is deleted.
    Discard,
    /// It is continued.
    Resume,
}

impl Workspace {
    /// Opens the folder that belongs to `output`, and deletes or keeps its contents.
    pub(crate) fn open(output: &Path, earlier: ResumePolicy) -> Result<Self, EncodeError> {
        let folder = folder_of(output).join(folder_name(output.file_name().unwrap_or_default()));
        let unwritable = |e: std::io::Error| EncodeError::unwritable(&folder, &e);
        fs_err::create_dir_all(&folder).map_err(unwritable)?;
        // Through a planted link, files elsewhere would be deleted and written.
        let is_link = |path: &Path| fs_err::symlink_metadata(path).is_ok_and(|m| m.is_symlink());
        if is_link(&folder) || is_link(&folder.join("lock")) {
            return Err(EncodeError::Unwritable {
                path: folder,
                reason: "it is a link or holds one, which is not followed".into(),
            });
        }
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(unwritable)?;
        if lock.try_lock().is_err() {
            return Err(EncodeError::Busy { folder });
        }
        let workspace = Self {
            folder,
            output: output.to_path_buf(),
            lock,
            counter: AtomicU32::new(0),
        };
        if earlier == ResumePolicy::Discard {
            workspace.clear()?;
        }
        Ok(workspace)
    }

    /// Deletes everything but the lock.
    pub(crate) fn clear(&self) -> Result<(), EncodeError> {
        let unwritable = |e: std::io::Error| EncodeError::unwritable(&self.folder, &e);
        for entry in fs_err::read_dir(&self.folder).map_err(unwritable)? {
            let path = entry.map_err(unwritable)?.path();
            if path.file_name().is_some_and(|name| name != "lock") {
                let removed = match fs_err::symlink_metadata(&path) {
                    Ok(meta) if meta.is_dir() => fs_err::remove_dir_all(&path),
                    _ => fs_err::remove_file(&path),
                };
                removed.map_err(unwritable)?;
            }
        }
        Ok(())
    }

    /// An unused path for a file of this run.
    pub(crate) fn fresh(&self, suffix: &str) -> PathBuf {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}{suffix}", std::process::id());
        self.folder.join(name)
    }

    /// A path that a later run finds again.
    pub(crate) fn lasting(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Moves a complete file to the output's path, atomically and durably.
    pub(crate) fn deliver(&self, made: &Path) -> Result<(), EncodeError> {
        let unwritable = |e: std::io::Error| EncodeError::unwritable(&self.output, &e);
        let file = File::open(made).map_err(unwritable)?;
        file.sync_all().map_err(unwritable)?;
        if let Ok(meta) = fs_err::metadata(&self.output) {
            fs_err::set_permissions(made, meta.permissions()).map_err(unwritable)?;
        }
        fs_err::rename(made, &self.output).map_err(unwritable)
    }

    /// Whether it contains finished pieces.
    pub(crate) fn has_pieces(&self) -> bool {
        let piece = |name: std::ffi::OsString| {
            let name = name.to_string_lossy();
            name.starts_with("piece-") && name.ends_with(".mp4")
        };
        let entries = fs_err::read_dir(&self.folder).into_iter().flatten();
        entries.flatten().any(|entry| piece(entry.file_name()))
    }

    /// Path of the output.
    pub(crate) fn output(&self) -> &Path {
        &self.output
    }

    /// Deletes the folder.
    pub(crate) fn close(self) {
        // The next run deletes what cannot be deleted now.
        let _left_for_the_next_run = self.clear();
        let Self { folder, lock, .. } = self;
        let _left_for_the_next_run = fs_err::remove_file(folder.join("lock"));
        // Network file systems keep an open file in its folder under another name, so it is closed first.
        drop(lock);
        let _left_for_the_next_run = fs_err::remove_dir(&folder);
    }
}

/// The folder's name for an output of this name. A name that would become too long is shortened, with a
/// digest of the whole name.
fn folder_name(output: &OsStr) -> OsString {
    let (prefix, suffix) = (b".".as_slice(), b".vidaio".as_slice());
    let output = output.as_bytes();
    let room = LONGEST_NAME - prefix.len() - suffix.len();
    if output.len() <= room {
        return OsString::from_vec([prefix, output, suffix].concat());
    }
    let digest = Sha256::digest(output);
    let digits: String = digest[..DIGEST_BYTES]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let mut kept = room - digits.len() - 1;
    // Not in the middle of a UTF-8 sequence.
    while kept > 0 && output[kept] & 0xc0 == 0x80 {
        kept -= 1;
    }
    let name = [prefix, &output[..kept], b"-", digits.as_bytes(), suffix];
    OsString::from_vec(name.concat())
}

/// The folder that contains a path; `.` for a bare file name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
