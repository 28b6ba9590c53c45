//! What keeps bytes from a disk, told with the disk.

use std::io;
use std::path::{Path, PathBuf};

/// Why a disk takes nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiskTrouble {
    /// It is full.
    Full,
    /// The user's share of it is.
    Quota,
    /// The file would be larger than a limit, or than the file system can hold.
    FileTooLarge,
    /// It cannot be written to at all.
    ReadOnly,
    /// It fails.
    Failing,
}

/// Every trouble with the system's own words, as FFmpeg repeats them.
const WORDS: [(DiskTrouble, &str); 5] = [
    (DiskTrouble::Full, "No space left on device"),
    (DiskTrouble::Quota, "Disk quota exceeded"),
    (DiskTrouble::FileTooLarge, "File too large"),
    (DiskTrouble::ReadOnly, "Read-only file system"),
    (DiskTrouble::Failing, "Input/output error"),
];

impl DiskTrouble {
    /// Of an error of the system, where it is one of these.
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

    /// Of a program's words about writing.
    pub(crate) fn in_words(words: &str) -> Option<Self> {
        let found = WORDS.iter().find(|(_, said)| words.contains(said));
        found.map(|(trouble, _)| *trouble)
    }

    /// The trouble, where it is not known which disk has it.
    pub(crate) fn plainly(self) -> String {
        self.of_place("the disk behind it")
    }

    /// The trouble with the disk that `path` lies on.
    pub(crate) fn told(self, path: &Path) -> String {
        let disk = Disk::under(path);
        let place = disk.as_ref().map_or_else(
            || "the disk".to_owned(),
            |disk| format!("the disk at {}", disk.mounted.display()),
        );
        let told = self.of_place(&place);
        match disk.filter(|_| self == Self::Full) {
            Some(disk) if disk.files_are_used_up => format!("{told}: it can hold no more files"),
            Some(disk) => format!("{told}: {} of {} free", size(disk.free), size(disk.bytes)),
            None => told,
        }
    }

    fn of_place(self, place: &str) -> String {
        match self {
            Self::Full => format!("{place} is full"),
            Self::Quota => format!("this user's quota on {place} is used up"),
            Self::FileTooLarge => {
                "the file would be larger than a limit allows (`ulimit -f`), or than its file system can hold".into()
            }
            Self::ReadOnly => format!("{place} is read-only"),
            Self::Failing => format!("{place} fails: input/output error"),
        }
    }
}

/// Why a file could not be written, in words: the disk's state where that is the reason.
pub(crate) fn why_unwritable(path: &Path, error: &io::Error) -> String {
    DiskTrouble::of(error).map_or_else(|| error.to_string(), |trouble| trouble.told(path))
}

struct Disk {
    mounted: PathBuf,
    free: u64,
    bytes: u64,
    files_are_used_up: bool,
}

impl Disk {
    fn under(path: &Path) -> Option<Self> {
        let path = std::path::absolute(path).ok()?;
        // What is to be written may not be there yet.
        let there = path.ancestors().find_map(|p| p.canonicalize().ok())?;
        let kind = there.metadata().ok()?.file_type();
        // A device, such as /dev/full, does not lie on the disk that its name lies on.
        if !kind.is_file() && !kind.is_dir() {
            return None;
        }
        let facts = rustix::fs::statvfs(&there).ok()?;
        Some(Self {
            mounted: mount_point(&there),
            free: facts.f_bavail.saturating_mul(facts.f_frsize),
            bytes: facts.f_blocks.saturating_mul(facts.f_frsize),
            // Some file systems do not count files.
            files_are_used_up: facts.f_files > 0 && facts.f_favail == 0,
        })
    }
}

/// The highest folder that lies on the same disk.
fn mount_point(path: &Path) -> PathBuf {
    use std::os::unix::fs::MetadataExt as _;
    let device = |p: &Path| p.metadata().ok().map(|m| m.dev());
    let own = device(path);
    let same = path.ancestors().take_while(|p| device(p) == own);
    same.last().unwrap_or(path).to_path_buf()
}

/// Bytes as a person reads them.
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
    fn the_systems_errors_are_known_by_number_and_by_word() {
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
            assert_eq!(DiskTrouble::in_words(&error.to_string()), Some(trouble));
        }
        let other = io::Error::from_raw_os_error(Errno::ACCESS.raw_os_error());
        assert_eq!(DiskTrouble::of(&other), None);
        assert_eq!(why_unwritable(Path::new("/x"), &other), other.to_string());
    }

    #[test]
    fn a_full_disk_is_named() {
        let told = DiskTrouble::Full.told(Path::new("/proc/no/such/file"));
        assert_eq!(told, "the disk at /proc is full: 0 bytes of 0 bytes free");
    }
}
