//! What is done for a request: the task itself, who does it, and who waits for a place.

mod fetch;
mod make;
mod record;
mod slots;
mod work;
mod workplace;

pub use fetch::{Fetch, FetchError};
pub use make::{MadeVideo, MakeError, Maker};
pub use record::VideoRecord;
pub use slots::{Full, Slot, Slots};
pub use work::{Scale, Work, WorkError};
pub use workplace::{Conflict, Place, Workplace};

pub(super) use work::{printable, threshold};
