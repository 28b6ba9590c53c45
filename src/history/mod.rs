//! Rounds on disk: a folder of JSON, JSON lines and CSV files in, rounds in their order out, and back.
//!
//! Reading is one pass that holds a few megabytes, however long the history is; only a history whose
//! files are not in order is held whole, to be sorted. `docs/reference/history.md` describes the
//! formats.

mod append;
mod blocks;
mod entry;
mod error;
mod fields;
mod folder;
mod json;
mod lines;
mod numbers;
mod order;
mod read;
mod reader;
mod record;
mod table;
mod tail;

pub use append::{Appended, Folder, append_scored};
pub use entry::LocatedRecord;
pub use error::HistoryError;
pub(crate) use fields::without_place;
pub use folder::{HistoryFile, is_history_file, sources};
pub use order::{Gaps, Sequence, SortKey, SortOrder};
pub use read::read;
pub use reader::{Bad, Scan};
pub use record::{Missing, Record, fingerprint};
pub use tail::{Kept, Tails};
