//! Why an output could not be stored.

/// Why an output could not be stored, or an object not deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A setting of the bucket is missing.
    #[error("`{0}` is needed for a bucket, and is not set")]
    Missing(&'static str),
    #[error("{0}")]
    Store(String),
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The database, without which no deletion can be scheduled.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
}

impl StorageError {
    /// Errors of the store's client name URLs but no keys; the query of a signed URL is cut off.
    pub(super) fn of(error: object_store::Error) -> Self {
        let text = error.to_string();
        Self::Store(text.split("X-Amz-").next().unwrap_or_default().to_owned())
    }
}
