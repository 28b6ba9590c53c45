//! Numbers in the text files of `/proc` and of control groups.

use std::path::Path;

/// The number after the first word of a line.
pub(crate) fn number_after(text: &str, word: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut line| {
        let named = line.next() == Some(word);
        line.next().filter(|_| named)?.parse().ok()
    })
}

/// Like [`number_after`], for a file whose numbers are in KiB; in bytes.
pub(crate) fn bytes_after(path: &Path, word: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(number_after(&text, word)? * 1024)
}
