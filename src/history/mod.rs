//! Rounds on disk: a folder of JSON, JSON lines and CSV files in, rounds in their order out, and back.
//!
//! Reading is one pass that holds a few megabytes, however long the history is; only a history whose
//! files are not in order is held whole, to be sorted. `docs/reference/history.md` describes the
//! formats.

mod append;
mod blocks;
mod error;
mod fields;
mod folder;
mod json;
mod lines;
mod numbers;
mod order;
mod read;
mod record;
mod table;
mod tail;

pub use append::{Appended, Folder, append_scored};
pub use error::HistoryError;
pub(crate) use fields::without_place;
pub use folder::{Source, is_history_file, sources};
pub use order::{Gaps, Order, Sequence, SortKey};
pub use read::{Bad, Entry, Options, Scan, read};
pub use record::{Missing, Record, fingerprint};
pub use tail::{Kept, Tails};
