//! Paths as results write them down: text as it is, and bytes that are no text escaped, so that two names
//! which differ look different.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serializer;

/// A path as text; every byte that is no UTF-8 stands as `\xNN`.
pub(crate) fn path(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _never_fails = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// For `#[serde(serialize_with)]`: serde itself refuses such names.
pub(crate) fn serialize<S: Serializer>(this: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path(this))
}

/// A sentence about names that had to be escaped; nothing where all are text.
pub(crate) fn note<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Option<String> {
    let escaped = paths.into_iter().find(|p| p.to_str().is_none())?;
    Some(format!(
        "{}: the name is not UTF-8 text; each byte that is none stands as \\xNN in this result",
        path(escaped)
    ))
}

/// Characters of a stranger's text that are shown.
#[cfg(feature = "subnet")]
const LONGEST: usize = 100;

/// A text that a stranger wrote, for a terminal: control characters and those that turn the direction of
/// writing are spelled out, and what is too long is cut.
#[cfg(feature = "subnet")]
pub(crate) fn foreign(text: &str) -> String {
    let mut shown = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == LONGEST {
            shown.push('…');
            break;
        }
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn what_is_no_text_is_escaped_and_noted() {
        let odd = Path::new(OsStr::from_bytes(b"a\xFF\xFEb\xC3\xA9.mp4"));
        assert_eq!(path(odd), "a\\xFF\\xFEb\u{e9}.mp4");
        assert!(
            note([Path::new("x"), odd])
                .unwrap()
                .starts_with("a\\xFF\\xFEb\u{e9}.mp4: ")
        );
        assert_eq!(note([Path::new("\u{e9}")]), None);
    }

    #[cfg(feature = "subnet")]
    #[test]
    fn what_strangers_write_is_shown_in_one_line_and_commands_nothing() {
        let shown = foreign("a\u{1b}[31m\r\nb\u{202e}c\0 ε");
        assert_eq!(shown, "a\\u{1b}[31m\\r\\nb\\u{202e}c\\u{0} ε");
        assert_eq!(foreign(&"x".repeat(5000)), "x".repeat(100) + "…");
        assert_eq!(foreign(&"x".repeat(100)), "x".repeat(100));
    }
}
