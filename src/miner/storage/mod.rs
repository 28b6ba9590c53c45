//! Where results lie until validators have fetched them, and when they go.
//!
//! Everything is an object of a store: a bucket that speaks S3, or a folder of this machine which the miner
//! serves itself. Its end is written into the database before the first byte is put anywhere, so that no
//! crash leaves anything behind.

mod bucket;
mod links;
mod store;
mod sweep;

pub use bucket::Bucket;
pub use links::Links;
pub use store::{Storage, StorageError};
pub use sweep::Pending;
