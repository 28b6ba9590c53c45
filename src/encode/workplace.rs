//! The folder beside the result in which everything lies until it is whole.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest as _, Sha256};

use super::error::EncodeError;

/// Bytes of a name that file systems of Linux take.
const LONGEST_NAME: usize = 255;
/// Bytes of a digest that tell two shortened names apart, written with two digits each.
const DIGEST: usize = 8;

/// A folder of one run, locked as long as the run lives.
pub(crate) struct Workplace {
    folder: PathBuf,
    output: PathBuf,
    lock: File,
    counter: AtomicU32,
}

/// Whether what an interrupted run left is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// It is removed.
    Removed,
    /// It is gone on from.
    Resumed,
}

impl Workplace {
    /// Opens the folder that belongs to `output`, and removes or keeps what lies in it.
    pub(crate) fn open(output: &Path, earlier: Earlier) -> Result<Self, EncodeError> {
        let parent = output
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let folder = parent.join(folder_name(output.file_name().unwrap_or_default()));
        let unwritable = |e: std::io::Error| EncodeError::unwritable(&folder, &e);
        fs_err::create_dir_all(&folder).map_err(unwritable)?;
        // A link planted here would lead elsewhere what is removed and written.
        let planted = |path: &Path| fs_err::symlink_metadata(path).is_ok_and(|m| m.is_symlink());
        if planted(&folder) || planted(&folder.join("lock")) {
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
        let place = Self {
            folder,
            output: output.to_path_buf(),
            lock,
            counter: AtomicU32::new(0),
        };
        if earlier == Earlier::Removed {
            place.clear()?;
        }
        Ok(place)
    }

    /// Removes everything but the lock.
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

    /// A path for a file of this run.
    pub(crate) fn fresh(&self, suffix: &str) -> PathBuf {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}{suffix}", std::process::id());
        self.folder.join(name)
    }

    /// A path whose name later runs find again.
    pub(crate) fn lasting(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts a whole file in the result's place, at once and for good.
    pub(crate) fn deliver(&self, made: &Path) -> Result<(), EncodeError> {
        let unwritable = |e: std::io::Error| EncodeError::unwritable(&self.output, &e);
        let file = File::open(made).map_err(unwritable)?;
        file.sync_all().map_err(unwritable)?;
        if let Ok(meta) = fs_err::metadata(&self.output) {
            fs_err::set_permissions(made, meta.permissions()).map_err(unwritable)?;
        }
        fs_err::rename(made, &self.output).map_err(unwritable)
    }

    /// Whether finished pieces lie in it.
    pub(crate) fn has_pieces(&self) -> bool {
        let piece = |name: std::ffi::OsString| {
            let name = name.to_string_lossy();
            name.starts_with("piece-") && name.ends_with(".mp4")
        };
        let entries = fs_err::read_dir(&self.folder).into_iter().flatten();
        entries.flatten().any(|entry| piece(entry.file_name()))
    }

    /// The result.
    pub(crate) fn output(&self) -> &Path {
        &self.output
    }

    /// Removes the folder: all that was worth keeping is in the result.
    pub(crate) fn close(self) {
        // What cannot be removed now is removed by the next run.
        let _left_for_the_next_run = self.clear();
        let Self { folder, lock, .. } = self;
        let _left_for_the_next_run = fs_err::remove_file(folder.join("lock"));
        // File systems over a network keep a file that is open in its folder, under another name.
        drop(lock);
        let _left_for_the_next_run = fs_err::remove_dir(&folder);
    }
}

/// The folder's name beside a result of this name. A result may have the longest name there can be, so a
/// name with no room for what is added is shortened, with a digest of what was left out.
fn folder_name(output: &OsStr) -> OsString {
    let (begin, end) = (b".".as_slice(), b".vidaio".as_slice());
    let output = output.as_bytes();
    let room = LONGEST_NAME - begin.len() - end.len();
    if output.len() <= room {
        return OsString::from_vec([begin, output, end].concat());
    }
    let digest = Sha256::digest(output);
    let digits: String = digest[..DIGEST]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let mut kept = room - digits.len() - 1;
    // Not in the middle of a letter.
    while kept > 0 && output[kept] & 0xc0 == 0x80 {
        kept -= 1;
    }
    let name = [begin, &output[..kept], b"-", digits.as_bytes(), end];
    OsString::from_vec(name.concat())
}
