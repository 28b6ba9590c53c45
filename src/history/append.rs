//! The next round of a folder, written so that two writers at once lose nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::entry::LocatedRecord;
use super::error::HistoryError;
use super::folder::sources;
use super::read::read;
use super::reader::Bad;
use super::record::LARGEST_ROUND;

/// Begin of the names that the network's own tools give.
const PREFIX: &str = "performance_round_";
/// The lock of a folder; hidden, so that readers pass it over.
const LOCK: &str = ".vidaio.lock";

/// Value of the `schema` field of a stored round.
const SCHEMA: &str = "vidaio.round/1";

/// A scored round with what the folder gives it.
#[derive(Serialize)]
struct Numbered<'a, T> {
    schema: &'static str,
    vidaio: &'static str,
    round: u64,
    timestamp: String,
    #[serde(flatten)]
    scored: &'a T,
}

/// A folder that may be written to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// Where a round went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The file.
    pub path: PathBuf,
    /// The round's number.
    pub round: u64,
}

impl Folder {
    /// Tries whether the folder, or the one that it is to be made in, can be written to, so that no
    /// long work is done for nothing. The folder itself is made with its first round.
    ///
    /// # Errors
    /// A file of that name, or a folder that cannot be written to.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        if path.exists() && !path.is_dir() {
            return Err(HistoryError::NotAFolder { path: path.into() });
        }
        let unwritable = |source| HistoryError::Unwritable {
            path: path.into(),
            source,
        };
        let there = path
            .ancestors()
            .find(|p| p.exists())
            .unwrap_or(Path::new("."));
        tempfile::NamedTempFile::new_in(there).map_err(unwritable)?;
        Ok(Self { path: path.into() })
    }

    fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.join(LOCK))?;
        // Waits for another writer; closing the file releases the lock, even in a crash.
        file.lock()?;
        Ok(file)
    }

    /// One more than the highest number among the names and the rounds of the folder.
    fn next(&self) -> io::Result<u64> {
        let mut highest = 0;
        for entry in std::fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let number = name
                .to_str()
                .and_then(|n| n.strip_prefix(PREFIX))
                .and_then(|n| n.strip_suffix(".json"))
                .and_then(|n| n.parse::<u64>().ok())
                .filter(|n| *n <= LARGEST_ROUND);
            highest = highest.max(number.unwrap_or(0));
        }
        // Rounds under other names would be sorted after this one if their numbers were higher.
        let mut see =
            |entry: &LocatedRecord<'_>| highest = highest.max(entry.record.number.unwrap_or(0));
        match sources(&self.path) {
            Ok(files) => {
                read(&files, Bad::Skip, &mut see).map_err(io::Error::other)?;
            }
            Err(HistoryError::NoFiles { .. }) => {}
            Err(e) => return Err(io::Error::other(e)),
        }
        if highest >= LARGEST_ROUND {
            let what = format!("round {highest} is there already, and no number is left after it");
            return Err(io::Error::other(what));
        }
        Ok(highest + 1)
    }
}

/// Stores what was scored as the next round, with its number, its time and this program's version.
///
/// # Errors
/// A folder that cannot be locked, listed or written to.
pub fn append_scored<T: Serialize>(folder: &Folder, scored: &T) -> Result<Appended, HistoryError> {
    append(folder, |round| Numbered {
        schema: SCHEMA,
        vidaio: env!("CARGO_PKG_VERSION"),
        round,
        timestamp: jiff::Timestamp::now().to_string(),
        scored,
    })
}

/// Stores a round as `performance_round_NNN.json` under the next free number; the file appears whole
/// or not at all. `record` is given the number, because the record states it.
///
/// # Errors
/// A folder that cannot be locked, listed or written to.
fn append<T: Serialize>(
    folder: &Folder,
    record: impl FnOnce(u64) -> T,
) -> Result<Appended, HistoryError> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source: io::Error| HistoryError::Unwritable { path, source }
    };
    std::fs::create_dir_all(&folder.path).map_err(at(&folder.path))?;
    let lock = folder.lock().map_err(at(&folder.path))?;
    let round = folder.next().map_err(at(&folder.path))?;
    let path = folder.path.join(format!("{PREFIX}{round:03}.json"));
    let text = serde_json::to_string_pretty(&record(round))
        .map_err(io::Error::other)
        .map_err(at(&path))?;
    let write = || -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let mut file = tempfile::Builder::new()
            .prefix(".round-")
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(&folder.path)?;
        writeln!(file, "{text}")?;
        file.as_file().sync_all()?;
        file.persist_noclobber(&path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(at(&path))?;
    drop(lock);
    Ok(Appended { path, round })
}
