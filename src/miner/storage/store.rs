//! Stores outputs and gives links to them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::signer::Signer;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncReadExt as _;

use super::bucket::S3Bucket;
use super::deletions::Deletions;
use super::error::StorageError;
use super::links::Links;
use crate::miner::clock::now;
use crate::miner::database::Database;

/// Directory of the objects in the state directory, and what the database calls that store.
const OWN: &str = "objects";
/// Bytes of one part of an upload. S3 takes parts of 5 MiB or more; the rest is our choice.
const PART: usize = 8 << 20;
/// Seconds for which an object outlives its link at most, so that a transfer can finish that began just before the
/// link expired. Our choice.
const MAX_GRACE: u64 = 600;
/// The fraction of a link's life for which the object outlives it, one over this. Our choice.
const GRACE_PART: u64 = 12;
/// Time for notifying the bucket that an upload is aborted. Our choice.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where outputs are stored.
#[derive(Clone)]
pub struct Storage {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) transport: Transport,
    /// For which a link is valid.
    link_life: Duration,
    pub(super) deletions: Deletions,
    description: String,
}

/// How validators fetch an output.
#[derive(Clone)]
pub(super) enum Transport {
    /// From this machine, under links that start with `base`.
    Own { base: String, links: Links },
    /// From the bucket's service, by links that it verifies.
    Bucket(Arc<dyn Signer>),
}

impl Storage {
    /// Stores outputs in a bucket.
    ///
    /// # Errors
    /// The bucket's client refuses the settings.
    pub fn bucket(
        bucket: &S3Bucket,
        link_life: Duration,
        database: Database,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            store: Arc::new(bucket.client()?),
            transport: Transport::Bucket(Arc::new(bucket.signer()?)),
            link_life,
            deletions: Deletions::new(database, bucket.description()),
            description: bucket.description(),
        })
    }

    /// Stores outputs on this machine's disk, under links that start with `base`.
    ///
    /// # Errors
    /// A directory or the key of links cannot be made or read.
    pub fn own(
        state: &Path,
        base: String,
        link_life: Duration,
        database: Database,
    ) -> Result<Self, StorageError> {
        let dir = state.join(OWN);
        fs_err::create_dir_all(&dir)?;
        remove_staged(&dir)?;
        let store = LocalFileSystem::new_with_prefix(&dir)
            .map_err(StorageError::of)?
            .with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            description: format!("{}, served under {base}", dir.display()),
            deletions: Deletions::new(database, OWN.to_owned()),
            transport: Transport::Own {
                base,
                links: Links::open(state)?,
            },
            link_life,
        })
    }

    /// Where it is, in words.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Stores a file under a name. Gives the link to it and the Unix second at which that expires. The object is
    /// deleted some time later, whatever happens to this process.
    ///
    /// # Errors
    /// Why it is not stored; what may exist of it is deleted soon.
    pub async fn put(&self, name: &str, file: &Path) -> Result<(String, u64), StorageError> {
        self.put_before(name, file, None).await
    }

    /// Stores a file as [`Self::put`] does, and fails if that is not done before a time.
    ///
    /// # Errors
    /// Why it is not stored; what may exist of it is deleted soon.
    pub async fn put_before(
        &self,
        name: &str,
        file: &Path,
        limit: Option<Instant>,
    ) -> Result<(String, u64), StorageError> {
        let expires = now() as u64 + self.link_life.as_secs();
        let grace = (self.link_life.as_secs() / GRACE_PART).min(MAX_GRACE);
        self.deletions.schedule(name, expires + grace).await?;
        if let Err(e) = self.upload(name, file, limit).await {
            // Now, and again until it is certain.
            self.deletions.schedule(name, 0).await?;
            return Err(e);
        }
        Ok((self.link(name, expires).await?, expires))
    }

    /// Uploads a small file at once and a larger one in parts, which are removed if one fails.
    async fn upload(
        &self,
        name: &str,
        file: &Path,
        limit: Option<Instant>,
    ) -> Result<(), StorageError> {
        let name = ObjectPath::from(name);
        let mut file = tokio::fs::File::open(file).await?;
        let first = next_part(&mut file).await?;
        if first.len() < PART {
            let put = within(limit, self.store.put(&name, first.into())).await?;
            return put.map(|_| ()).map_err(StorageError::of);
        }
        let upload = within(limit, self.store.put_multipart(&name)).await?;
        let mut upload = upload.map_err(StorageError::of)?;
        let mut part = first;
        let uploaded = async {
            while !part.is_empty() {
                let put = upload.put_part(part.into()).await;
                put.map_err(StorageError::of)?;
                part = next_part(&mut file).await?;
            }
            upload.complete().await.map_err(StorageError::of)
        };
        let uploaded = within(limit, uploaded).await.and_then(|result| result);
        match uploaded {
            Ok(_) => Ok(()),
            Err(e) => {
                let aborted = tokio::time::timeout(ABORT_TIMEOUT, upload.abort()).await;
                if !matches!(aborted, Ok(Ok(()))) {
                    tracing::warn!("parts of {name} may be left in the bucket");
                }
                Err(e)
            }
        }
    }

    /// A link to an object, valid until a Unix second.
    ///
    /// # Errors
    /// The bucket's client cannot sign it.
    pub async fn link(&self, name: &str, expires: u64) -> Result<String, StorageError> {
        match &self.transport {
            Transport::Own { base, links } => Ok(format!("{base}{}", links.link(name, expires))),
            Transport::Bucket(signer) => {
                let left = expires.saturating_sub(now() as u64).max(1);
                let left = Duration::from_secs(left);
                let url = signer
                    .signed_url(Method::GET, &ObjectPath::from(name), left)
                    .await;
                Ok(url.map_err(StorageError::of)?.to_string())
            }
        }
    }
}

/// Awaits something, but no longer than until a time if there is one.
async fn within<T>(
    limit: Option<Instant>,
    what: impl Future<Output = T>,
) -> Result<T, StorageError> {
    let Some(limit) = limit else {
        return Ok(what.await);
    };
    let done = tokio::time::timeout_at(limit.into(), what).await;
    done.map_err(|_| StorageError::Store("it took too long".into()))
}

/// Removes files that a killed process had not renamed yet: the store writes to `NAME#1`, and does not list that.
fn remove_staged(dir: &Path) -> std::io::Result<()> {
    for entry in fs_err::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_staged(&entry.path())?;
        } else if entry.file_name().to_string_lossy().contains('#') {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The next part of a file; empty at its end.
async fn next_part(file: &mut tokio::fs::File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(PART as u64).read_to_end(&mut bytes).await?;
    Ok(bytes)
}
