//! Where the worker's program is.

use std::path::{Path, PathBuf};

/// File name of the worker.
pub const WORKER_NAME: &str = "vidaio-torch";

/// Looks for the worker: at the configured path, else next to our own program, then along `search_path`.
///
/// A configured path is final: if there is no file, nothing else is tried.
#[must_use]
pub fn find_worker(
    configured: Option<&Path>,
    own_program: Option<&Path>,
    search_path: Option<&std::ffi::OsStr>,
) -> Option<PathBuf> {
    if let Some(path) = configured {
        return path.is_file().then(|| path.to_path_buf());
    }
    let sibling = own_program
        .and_then(Path::parent)
        .map(|folder| folder.join(WORKER_NAME));
    let along = search_path
        .into_iter()
        .flat_map(std::env::split_paths)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(WORKER_NAME));
    sibling.into_iter().chain(along).find(|path| path.is_file())
}
