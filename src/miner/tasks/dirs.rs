//! Directories of tasks: one for each, deleted with the task, and all of them at start.

use std::io;
use std::path::{Path, PathBuf};

/// Makes directories of tasks.
#[derive(Debug, Clone)]
pub struct TaskDirs {
    root: PathBuf,
}

/// The directory of one task, deleted with everything in it when this is dropped.
#[derive(Debug)]
pub struct TaskDir {
    path: PathBuf,
}

/// Why a directory cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskDirError {
    #[error("a task of that name is under way")]
    UnderWay,
    #[error("{}: {source}", path.display())]
    System { path: PathBuf, source: io::Error },
}

impl TaskDirs {
    /// Makes directories in one that no other process uses. What it holds is left from a process that died, and is
    /// deleted.
    ///
    /// # Errors
    /// It cannot be made or emptied.
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

    /// The directory of a task, by the task's name.
    ///
    /// # Errors
    /// A task of that name is under way, or the system refuses.
    pub fn begin(&self, name: &str) -> Result<TaskDir, TaskDirError> {
        let path = self.root.join(name);
        // A name that is itself a path would lead elsewhere.
        if path.parent() != Some(self.root.as_path()) {
            return Err(TaskDirError::UnderWay);
        }
        match std::fs::DirBuilder::new().create(&path) {
            Ok(()) => Ok(TaskDir { path }),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(TaskDirError::UnderWay),
            Err(source) => Err(TaskDirError::System { path, source }),
        }
    }

    /// Free bytes of its file system.
    ///
    /// # Errors
    /// The system cannot say.
    pub fn free(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.root)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

impl TaskDir {
    /// The path of a file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for TaskDir {
    fn drop(&mut self) {
        // What cannot be deleted now is deleted at the next start.
        let _deleted_later = std::fs::remove_dir_all(&self.path);
    }
}
