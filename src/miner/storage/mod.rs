//! Where outputs are stored until validators have fetched them, and when they are deleted.
//!
//! Every output is an object of a store: a bucket that speaks S3, or a directory of this machine which the miner
//! serves itself. Its deletion is scheduled in the database before its first byte is written, so that no crash leaves
//! anything behind.

mod bucket;
mod deletions;
mod error;
mod links;
mod self_test;
mod serve;
mod store;
mod sweep;

pub use bucket::S3Bucket;
pub use deletions::PendingDeletions;
pub use error::StorageError;
pub use links::Links;
pub use store::Storage;
