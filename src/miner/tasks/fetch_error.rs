//! Why an input could not be fetched.

/// Why an input could not be fetched. Of its URL only the host is named, since the rest may be a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    #[error("it is no http or https address")]
    NotWeb,
    /// A host name that is reserved for hosts that do not exist.
    #[error("{0}: the name is reserved for hosts that do not exist")]
    NoHost(String),
    /// A private or local address.
    #[error("{0} is a private or local address, from which nothing is fetched")]
    Private(String),
    #[error("{host} answers {status}")]
    Status { host: String, status: u16 },
    #[error("{host}: the file is larger than {limit} bytes")]
    TooLarge {
        host: String,
        /// Bytes.
        limit: u64,
    },
    #[error("{0}: the file is empty")]
    Empty(String),
    #[error("{0}: it took too long")]
    Late(String),
    /// The connection failed, again and again.
    #[error("{host}: {why}")]
    Transfer { host: String, why: String },
    #[error("the file could not be written ({0})")]
    Disk(std::io::Error),
}
