//! Many pairs scored side by side: rows of a CSV file in, one line for each out, and a journal by which a run
//! that was stopped is resumed.

mod journal;
mod key;
mod row;
mod run;

pub use journal::{BATCH_SCHEMA, BatchJournal, BatchJournalError, BatchLine};
pub use key::resume_key;
pub use row::{BatchRow, RowError};
pub use run::{Batch, BatchJob, PairError, PairOutcome};
