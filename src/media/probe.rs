//! The facts of a clip.

use std::path::Path;

use super::error::MediaError;
use super::facts::ClipFacts;
use super::index::index_frames;

/// Reads the facts of a clip, including its timing and edit list: every packet is read, none is decoded.
///
/// # Errors
/// Whatever prevents the file from being opened or read.
pub fn probe(path: &Path) -> Result<ClipFacts, MediaError> {
    index_frames(path).map(|index| index.facts)
}
