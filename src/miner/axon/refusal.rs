//! Refusals, in the form that the network's clients read.

use std::fmt;

/// A status and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxonRefusal {
    /// Status of the answer.
    pub status: u16,
    /// What is wrong: printable, and fit for a header.
    pub message: String,
}

/// Characters of the longest message.
const LONGEST: usize = 500;

impl AxonRefusal {
    /// Of words, which are cut to what a header may hold.
    #[must_use]
    pub fn new(status: u16, message: impl AsRef<str>) -> Self {
        let kept = message.as_ref().chars().take(LONGEST);
        let message = kept
            .map(|c| {
                if c.is_ascii_graphic() || c == ' ' {
                    c
                } else {
                    '?'
                }
            })
            .collect();
        Self { status, message }
    }

    pub(super) fn unverified(why: &str) -> Self {
        Self::new(401, format!("Not Verified with error: {why}"))
    }

    pub(super) fn forbidden(why: &str) -> Self {
        Self::new(403, format!("Forbidden. Key is blacklisted: {why}."))
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::json!({ "message": self.message }).to_string()
    }
}

impl fmt::Display for AxonRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.message)
    }
}
