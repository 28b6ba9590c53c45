//! Refusals, in the form that the network's clients read.

use std::fmt;

/// An HTTP status and its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AxonRefusal {
    pub status: u16,
    /// Printable ASCII of a length that fits into a header.
    pub message: String,
}

/// Characters of the longest message. Our choice.
const MAX_CHARS: usize = 500;

impl AxonRefusal {
    /// A refusal whose message is cut and cleaned to fit into a header.
    #[must_use]
    pub fn new(status: u16, message: impl AsRef<str>) -> Self {
        let kept = message.as_ref().chars().take(MAX_CHARS);
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

    /// The body of the response, as JSON.
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
