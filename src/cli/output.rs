//! Where results go: standard output, or a file that appears whole or not at all.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::exit::Exit;
use super::failure::Failure;
use crate::disk::DiskTrouble;

/// An opened destination.
pub(super) enum Output {
    Stdout,
    /// A file, written under a temporary name beside it and renamed when all is there.
    File {
        path: PathBuf,
    },
    /// A pipe or device: written to as it is, for renaming would replace it.
    Special {
        path: PathBuf,
    },
}

impl Output {
    /// Opens a destination; `-` and nothing mean standard output. A file among `inputs` is refused.
    pub(super) fn open(path: Option<&Path>, inputs: &[&Path]) -> Result<Self, Failure> {
        let Some(path) = path.filter(|p| *p != Path::new("-")) else {
            return Ok(Self::Stdout);
        };
        let same = |a: &Path, b: &Path| matches!((fs_err::canonicalize(a), fs_err::canonicalize(b)), (Ok(a), Ok(b)) if a == b);
        if let Some(input) = inputs.iter().find(|input| same(input, path)) {
            return Err(Failure::usage(format!(
                "{}: this file is read, so the result is not written over it",
                input.display()
            ))
            .hint("choose another name for the result"));
        }
        let failed = |reason: String| {
            Failure::new(
                Exit::Output,
                format!("{}: cannot be written ({reason})", path.display()),
            )
        };
        match std::fs::metadata(path) {
            Err(e) if e.kind() == ErrorKind::InvalidFilename => {
                return Err(failed(e.to_string()).hint("choose a shorter name"));
            }
            Ok(meta) if meta.is_dir() => {
                return Err(failed("it is a folder".into()).hint("name a file inside it"));
            }
            Ok(meta) if !meta.is_file() => {
                return Ok(Self::Special {
                    path: path.to_path_buf(),
                });
            }
            _ => {}
        }
        // A link stays a link: what it points to is replaced.
        let path = &fs_err::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(failed(format!("there is no folder {}", folder.display()))
                .hint("make the folder first"));
        }
        // Tried now, so that no long work is done for nothing; the file is removed again at once, so that
        // an interrupted run leaves none behind.
        NamedTempFile::new_in(folder)
            .map_err(|e| failed(e.to_string()).hint("choose a folder you may write to"))?;
        Ok(Self::File { path: path.clone() })
    }

    /// Writes everything and, for a file, puts it in place.
    pub(super) fn finish(self, text: &str) -> Result<(), Failure> {
        self.finish_with(&mut |to| to.write_all(text.as_bytes()))
    }

    /// Lets `write` write everything and, for a file, puts it in place.
    pub(super) fn finish_with(self, write: &mut Write) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut stdout = std::io::stdout().lock();
                match write(&mut stdout).and_then(|()| stdout.flush()) {
                    Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                        Exit::Output,
                        format!(
                            "standard output cannot be written ({})",
                            DiskTrouble::of(&e).map_or_else(|| e.to_string(), DiskTrouble::plainly)
                        ),
                    )),
                    _ => Ok(()),
                }
            }
            Self::File { path } => {
                let failed = |e: std::io::Error| write_failure(&path, &e);
                let mut temporary = tempfile::Builder::new()
                    .permissions(permissions(&path))
                    .tempfile_in(folder_of(&path))
                    .map_err(failed)?;
                write(&mut temporary).map_err(failed)?;
                temporary.as_file().sync_all().map_err(failed)?;
                temporary.persist(&path).map_err(|e| failed(e.error))?;
                Ok(())
            }
            Self::Special { path } => {
                let failed = |e: std::io::Error| write_failure(&path, &e);
                let mut file = fs_err::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .map_err(failed)?;
                write(&mut file).map_err(failed)
            }
        }
    }
}

/// Whatever writes a result.
type Write<'a> = dyn FnMut(&mut dyn std::io::Write) -> std::io::Result<()> + 'a;

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Those of the file that is replaced; else those of any new file, less what the user's mask takes.
fn permissions(path: &Path) -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::metadata(path).map_or_else(
        |_| std::fs::Permissions::from_mode(0o666),
        |meta| meta.permissions(),
    )
}

fn write_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unwritable(path, error)
        .hint("make room or choose another place; nothing was left behind")
}

/// Writes to standard output; a reader that has gone away is no error.
pub(super) fn to_stdout(text: &str) -> Result<(), Failure> {
    Output::Stdout.finish(text)
}
