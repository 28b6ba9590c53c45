//! Digests of what a stored result depends on.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// SHA-256, in lower-case hexadecimal, of a record as JSON. The record carries a version of its own, which is
/// raised whenever its fields or their meaning change.
///
/// # Errors
/// A record that JSON cannot hold, such as one with a path that is not UTF-8.
pub(crate) fn digest_of_record<T: Serialize>(record: &T) -> Result<String, serde_json::Error> {
    Ok(hex::encode(Sha256::digest(serde_json::to_vec(record)?)))
}
