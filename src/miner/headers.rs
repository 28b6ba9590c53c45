//! The headers of a message, as every protocol reads them.

use axum::http::HeaderMap;

/// The headers of one message, by name in lower case, with repetitions.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    all: Vec<(String, String)>,
}

impl Headers {
    /// Adds a header as it was received.
    pub fn push(&mut self, name: &str, value: &str) {
        self.all.push((name.to_ascii_lowercase(), value.to_owned()));
    }

    /// How many times a header occurs.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.all.iter().filter(|(n, _)| n == name).count()
    }

    /// The value of a header that occurs exactly once.
    #[must_use]
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.all.iter().filter(|(n, _)| n == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

impl From<&HeaderMap> for Headers {
    fn from(headers: &HeaderMap) -> Self {
        let mut known = Self::default();
        for (name, value) in headers {
            // A value that is not text becomes one that no check accepts.
            known.push(name.as_str(), value.to_str().unwrap_or("\u{fffd}"));
        }
        known
    }
}
