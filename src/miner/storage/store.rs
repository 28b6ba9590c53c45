//! Puts results into a store, and gives links to them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, RawQuery, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::signer::Signer;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncReadExt as _;

use super::bucket::Bucket;
use super::links::Links;
use crate::miner::database::Database;

/// Folder of objects in the folder of the state.
const OWN: &str = "objects";
/// Bytes that are put at a time; a bucket takes parts of at least 5 MiB.
const PART: usize = 8 << 20;
/// Most seconds that an object outlives its links, so that a transfer may end that began just before.
const AFTER_LINKS: u64 = 600;
/// The part of their life that it does so, where that is less.
const PART_OF_LIFE: u64 = 12;
/// Time for a word to the bucket that an upload is given up.
const ABORTED: Duration = Duration::from_secs(5);
/// Time for a link that is tried.
const TRIED: Duration = Duration::from_secs(20);

/// Where results lie.
#[derive(Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    way: Way,
    life: Duration,
    database: Database,
    says: String,
    /// What tells this store from others in the database.
    place: String,
}

/// How validators get at them.
#[derive(Clone)]
enum Way {
    /// By links to this machine.
    Own { base: String, links: Links },
    /// By links that the bucket's service understands.
    Bucket(Arc<dyn Signer>),
}

/// Why something could not be stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A setting that is needed.
    #[error("`{0}` is needed for a bucket, and is not set")]
    Missing(&'static str),
    /// The store.
    #[error("{0}")]
    Store(String),
    /// A file.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The database, without which no end could be promised.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
}

impl StorageError {
    /// Words of the store's client hold addresses, but no keys; those of a link are signed and stay out.
    pub(super) fn of(error: object_store::Error) -> Self {
        let text = error.to_string();
        Self::Store(text.split("X-Amz-").next().unwrap_or_default().to_owned())
    }
}

impl Storage {
    /// A bucket.
    ///
    /// # Errors
    /// What its client says of the settings.
    pub fn bucket(
        bucket: &Bucket,
        life: Duration,
        database: Database,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            store: Arc::new(bucket.client()?),
            way: Way::Bucket(Arc::new(bucket.signer()?)),
            life,
            database,
            says: bucket.says(),
            place: bucket.says(),
        })
    }

    /// This machine's disk, under links that begin with `base`.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn own(
        state: &Path,
        base: String,
        life: Duration,
        database: Database,
    ) -> Result<Self, StorageError> {
        let folder = state.join(OWN);
        fs_err::create_dir_all(&folder)?;
        remove_staged(&folder)?;
        let store = LocalFileSystem::new_with_prefix(&folder)
            .map_err(StorageError::of)?
            .with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            says: format!("{}, served under {base}", folder.display()),
            place: OWN.to_owned(),
            way: Way::Own {
                base,
                links: Links::open(state)?,
            },
            life,
            database,
        })
    }

    /// In words.
    #[must_use]
    pub fn says(&self) -> &str {
        &self.says
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn store(&self) -> &dyn ObjectStore {
        &*self.store
    }

    pub(super) const fn database(&self) -> &Database {
        &self.database
    }

    /// Puts a file under a name and gives the link to it, with the Unix second of its end. The object goes
    /// some time after the link, whatever happens to this process.
    ///
    /// # Errors
    /// Why it is not there; what may be there of it goes soon.
    pub async fn put(&self, name: &str, file: &Path) -> Result<(String, u64), StorageError> {
        self.put_before(name, file, None).await
    }

    /// The same, unless a time comes first.
    ///
    /// # Errors
    /// As above; the time.
    pub async fn put_before(
        &self,
        name: &str,
        file: &Path,
        limit: Option<Instant>,
    ) -> Result<(String, u64), StorageError> {
        let until = crate::miner::now() as u64 + self.life.as_secs();
        let after = (self.life.as_secs() / PART_OF_LIFE).min(AFTER_LINKS);
        self.promise(name, until + after).await?;
        let put = self.copy(name, file, limit).await;
        if let Err(e) = put {
            // Now, and again until it is certain.
            self.promise(name, 0).await?;
            return Err(e);
        }
        Ok((self.link(name, until).await?, until))
    }

    /// Puts something small, fetches it by its link as anybody would, and removes it.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn try_out(&self) -> Result<(), StorageError> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("try");
        let text = format!("vidaio {}", uuid::Uuid::new_v4());
        tokio::fs::write(&file, &text).await?;
        let name = format!("processing/try/{}", uuid::Uuid::new_v4().simple());
        let (link, _) = self.put(&name, &file).await?;
        let fetched = fetched(&link).await;
        self.promise(&name, 0).await?;
        self.sweep(crate::miner::now() as u64).await?;
        match fetched {
            Ok(found) if found == text => Ok(()),
            Ok(_) => Err(StorageError::Store("its link gives something else".into())),
            Err(why) => Err(StorageError::Store(format!(
                "its link does not work: {why}"
            ))),
        }
    }

    /// Small files go at once, others in parts, of which nothing stays where one fails.
    async fn copy(
        &self,
        name: &str,
        file: &Path,
        limit: Option<Instant>,
    ) -> Result<(), StorageError> {
        let name = Name::from(name);
        let mut from = tokio::fs::File::open(file).await?;
        let first = part(&mut from).await?;
        if first.len() < PART {
            let put = within(limit, self.store.put(&name, first.into())).await?;
            return put.map(|_| ()).map_err(StorageError::of);
        }
        let upload = within(limit, self.store.put_multipart(&name)).await?;
        let mut upload = upload.map_err(StorageError::of)?;
        let mut next = first;
        let copied = async {
            while !next.is_empty() {
                let put = upload.put_part(next.into()).await;
                put.map_err(StorageError::of)?;
                next = part(&mut from).await?;
            }
            upload.complete().await.map_err(StorageError::of)
        };
        let copied = within(limit, copied).await.and_then(|copied| copied);
        match copied {
            Ok(_) => Ok(()),
            Err(e) => {
                let gone = tokio::time::timeout(ABORTED, upload.abort()).await;
                if !matches!(gone, Ok(Ok(()))) {
                    tracing::warn!("parts of {name} may be left in the bucket");
                }
                Err(e)
            }
        }
    }

    /// A link to an object that is there.
    ///
    /// # Errors
    /// What the signer says.
    pub async fn link(&self, name: &str, until: u64) -> Result<String, StorageError> {
        match &self.way {
            Way::Own { base, links } => Ok(format!("{base}{}", links.link(name, until))),
            Way::Bucket(signer) => {
                let left = until.saturating_sub(crate::miner::now() as u64).max(1);
                let left = Duration::from_secs(left);
                let url = signer
                    .signed_url(Method::GET, &Name::from(name), left)
                    .await;
                Ok(url.map_err(StorageError::of)?.to_string())
            }
        }
    }

    /// The routes that serve objects of this machine; none for a bucket.
    pub fn router(&self) -> Option<Router> {
        let Way::Own { .. } = &self.way else {
            return None;
        };
        let route = format!("{}{{*name}}", super::links::ROUTE);
        Some(
            Router::new()
                .route(&route, get(fetch))
                .with_state(self.clone()),
        )
    }
}

/// Does something before a time, if there is one.
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

/// Removes what a process that was killed had not yet renamed: the store writes `NAME#1` and hides it.
fn remove_staged(folder: &Path) -> std::io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
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
async fn part(file: &mut tokio::fs::File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(PART as u64).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// A plain GET, without the address in its error: that is signed.
async fn fetched(link: &str) -> Result<String, String> {
    let client = crate::https::client().timeout(TRIED).no_proxy().build();
    let client = client.map_err(|e| e.to_string())?;
    let answer = client.get(link).send().await;
    let answer = answer.map_err(|e| e.without_url().to_string())?;
    if !answer.status().is_success() {
        return Err(format!("it answers {}", answer.status()));
    }
    answer.text().await.map_err(|e| e.without_url().to_string())
}

async fn fetch(
    State(storage): State<Storage>,
    UrlPath(name): UrlPath<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Way::Own { links, .. } = &storage.way else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let query = query.unwrap_or_default();
    if !links.is_valid(&name, &query, crate::miner::now()) {
        return (
            StatusCode::FORBIDDEN,
            "this link is not good, or no longer\n",
        )
            .into_response();
    }
    let found = storage.store.get(&Name::from(name)).await;
    let object = match found {
        Ok(object) => object,
        Err(object_store::Error::NotFound { .. }) => {
            return (StatusCode::NOT_FOUND, "the file is gone\n").into_response();
        }
        Err(e) => {
            tracing::error!("an object cannot be read: {e}");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let size = object.meta.size;
    let pieces = object
        .into_stream()
        .map(|piece| piece.map_err(std::io::Error::other));
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, size.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp4"));
    response
}
