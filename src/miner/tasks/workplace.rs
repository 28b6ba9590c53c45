//! Folders in which tasks are worked on: one each, gone with the task, swept at start.

use std::io;
use std::path::{Path, PathBuf};

/// Where folders of tasks are made.
#[derive(Debug, Clone)]
pub struct Workplace {
    root: PathBuf,
}

/// A folder of one task, removed with everything in it when this is dropped.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
}

/// Why there is no folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// A task of that name is under way.
    #[error("a task of that name is under way")]
    UnderWay,
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Workplace {
    /// In a folder that is this process's own. Whatever lies there is of a process that died, and goes.
    ///
    /// # Errors
    /// A folder that cannot be made or emptied.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs_err::create_dir_all(root)?;
        for entry in fs_err::read_dir(root)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                fs_err::remove_dir_all(&path)?;
            } else {
                fs_err::remove_file(&path)?;
            }
        }
        Ok(Self { root: root.into() })
    }

    /// A folder for a task. Its name is one that was checked to be no path.
    ///
    /// # Errors
    /// A task of that name is under way, or the system refuses.
    pub fn begin(&self, name: &str) -> Result<Place, Conflict> {
        let path = self.root.join(name);
        // A name that is a path of its own would lead elsewhere.
        if path.parent() != Some(self.root.as_path()) {
            return Err(Conflict::UnderWay);
        }
        match std::fs::DirBuilder::new().create(&path) {
            Ok(()) => Ok(Place { path }),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(Conflict::UnderWay),
            Err(source) => Err(Conflict::System { path, source }),
        }
    }

    /// Bytes that are free on its disk.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn free(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.root)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

impl Place {
    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        let _swept_later = std::fs::remove_dir_all(&self.path);
    }
}
