//! Processing of one task: what is to be done, the command that does it, and the slots it runs in.

mod address_filter;
mod dirs;
mod fetch;
mod fetch_error;
mod make;
mod record;
mod slots;
mod work;

pub use dirs::{TaskDir, TaskDirError, TaskDirs};
pub use fetch::Fetcher;
pub use fetch_error::FetchError;
pub use make::{MadeVideo, MakeError, Maker};
pub use record::VideoRecord;
pub use slots::{Slot, Slots, SlotsFull};
pub use work::{Scale, Work, WorkError};

pub(super) use work::{printable, threshold};
