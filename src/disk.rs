//! Why a disk does not accept data, with the state of the disk.

use std::io;
use std::path::{Path, PathBuf};

/// Why a disk does not accept data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiskTrouble {
    /// It is full.
    Full,
    /// The user's quota is used up.
    Quota,
    /// The file would exceed a limit, or what the file system supports.
    FileTooLarge,
    /// It is mounted read-only.
    ReadOnly,
    /// It reports I/O errors.
    Failing,
}

/// The system's messages, which FFmpeg quotes.
const MESSAGES: [(DiskTrouble, &str); 5] = [
    (DiskTrouble::Full, "No space left on device"),
    (DiskTrouble::Quota, "Disk quota exceeded"),
    (DiskTrouble::FileTooLarge, "File too large"),
    (DiskTrouble::ReadOnly, "Read-only file system"),
    (DiskTrouble::Failing, "Input/output error"),
];

impl DiskTrouble {
    /// The trouble behind a system error, if it is one of these.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        Some(match error.kind() {
            io::ErrorKind::StorageFull => Self::Full,
            io::ErrorKind::QuotaExceeded => Self::Quota,
            io::ErrorKind::FileTooLarge => Self::FileTooLarge,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                Self::Failing
            }
            _ => return None,
        })
    }

    /// The trouble that a program's message about writing quotes.
    pub(crate) fn in_message(message: &str) -> Option<Self> {
        let found = MESSAGES.iter().find(|(_, quoted)| message.contains(quoted));
        found.map(|(trouble, _)| *trouble)
    }

    /// A description that names no disk.
    pub(crate) fn plainly(self) -> String {
        self.at("the disk behind it")
    }

    /// A description with the disk that contains `path`.
    pub(crate) fn describe(self, path: &Path) -> String {
        let disk = Disk::under(path);
        let name = disk.as_ref().map_or_else(
            || "the disk".to_owned(),
            |disk| format!("the disk at {}", disk.mounted.display()),
        );
        let text = self.at(&name);
        match disk.filter(|_| self == Self::Full) {
            Some(disk) if disk.files_are_used_up => format!("{text}: it can hold no more files"),
            Some(disk) => format!("{text}: {} of {} free", size(disk.free), size(disk.bytes)),
            None => text,
        }
    }

    fn at(self, disk: &str) -> String {
        match self {
            Self::Full => format!("{disk} is full"),
            Self::Quota => format!("this user's quota on {disk} is used up"),
            Self::FileTooLarge => {
                "the file would be larger than a limit allows (`ulimit -f`), or than its file system can hold".into()
            }
            Self::ReadOnly => format!("{disk} is read-only"),
            Self::Failing => format!("{disk} fails: input/output error"),
        }
    }
}

/// Why a file could not be written, with the state of its disk if that is the reason.
pub(crate) fn why_unwritable(path: &Path, error: &io::Error) -> String {
    DiskTrouble::of(error).map_or_else(|| error.to_string(), |trouble| trouble.describe(path))
}

/// A mounted file system.
struct Disk {
    mounted: PathBuf,
    free: u64,
    bytes: u64,
    files_are_used_up: bool,
}

impl Disk {
    fn under(path: &Path) -> Option<Self> {
        let path = std::path::absolute(path).ok()?;
        // The file, and folders above it, may not exist yet.
        let existing = path.ancestors().find_map(|p| p.canonicalize().ok())?;
        let kind = existing.metadata().ok()?.file_type();
        // A device such as /dev/full is not stored on the disk that contains its name.
        if !kind.is_file() && !kind.is_dir() {
            return None;
        }
        let stat = rustix::fs::statvfs(&existing).ok()?;
        Some(Self {
            mounted: mount_point(&existing),
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
            bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
            // Some file systems do not count files.
            files_are_used_up: stat.f_files > 0 && stat.f_favail == 0,
        })
    }
}

/// The topmost folder on the same disk.
fn mount_point(path: &Path) -> PathBuf {
    use std::os::unix::fs::MetadataExt as _;
    let device = |p: &Path| p.metadata().ok().map(|m| m.dev());
    let own = device(path);
    let same = path.ancestors().take_while(|p| device(p) == own);
    same.last().unwrap_or(path).to_path_buf()
}

/// Bytes with a unit, to one decimal.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let unit = units.iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} bytes"),
        |(unit, name)| format!("{:.1} {name}", bytes / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_errors_are_known_by_number_and_by_message() {
        use rustix::io::Errno;
        for (errno, trouble) in [
            (Errno::NOSPC, DiskTrouble::Full),
            (Errno::DQUOT, DiskTrouble::Quota),
            (Errno::FBIG, DiskTrouble::FileTooLarge),
            (Errno::ROFS, DiskTrouble::ReadOnly),
            (Errno::IO, DiskTrouble::Failing),
        ] {
            let error = io::Error::from_raw_os_error(errno.raw_os_error());
            assert_eq!(DiskTrouble::of(&error), Some(trouble));
            assert_eq!(DiskTrouble::in_message(&error.to_string()), Some(trouble));
        }
        let other = io::Error::from_raw_os_error(Errno::ACCESS.raw_os_error());
        assert_eq!(DiskTrouble::of(&other), None);
        assert_eq!(why_unwritable(Path::new("/x"), &other), other.to_string());
    }

    #[test]
    fn a_full_disk_is_named() {
        let text = DiskTrouble::Full.describe(Path::new("/proc/no/such/file"));
        assert_eq!(text, "the disk at /proc is full: 0 bytes of 0 bytes free");
    }
}
