//! What the axon needs beyond the service: storage, a queue, and a runner of its jobs.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::settings::MineSetup;
use crate::config::BucketType;
use crate::miner::axon::{AxonServer, NonceLog};
use crate::miner::jobs::{JobRunner, JobStore, Queue, QueueError, SharedQueue};
use crate::miner::status::AxonBackend;
use crate::miner::storage::{S3Bucket, Storage, StorageError};
use crate::miner::tasks::Fetcher;
use crate::miner::{Database, Service, now};

/// Interval between two deletions of expired jobs and nonces. Our choice.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

/// Where a miner keeps its state, and the port that it listens on.
pub(super) struct MinerHost<'a> {
    pub(super) database: &'a Database,
    pub(super) state: &'a Path,
    /// Address and port that validators are served on.
    pub(super) bound: SocketAddr,
}

/// An axon that is ready to serve.
pub(super) struct ReadyAxon {
    pub(super) router: Router,
    pub(super) backend: AxonBackend,
}

/// Prepares the axon and starts to run its jobs.
pub(super) async fn begin(
    setup: &MineSetup,
    service: &Arc<Service>,
    host: &MinerHost<'_>,
    stop: &CancellationToken,
    background: &TaskTracker,
) -> Result<ReadyAxon, Failure> {
    let storage = storage(setup, host)?;
    let shared = match &setup.mine.queue {
        Some(_) if setup.mine.bucket_type == BucketType::Own => return Err(needs_bucket()),
        Some(address) => Some(SharedQueue::connect(address).await?),
        None => None,
    };
    let database = host.database;
    let queue = match shared.clone() {
        None => Queue::own(database).await?,
        Some(connection) => Queue::redis(connection),
    };
    let jobs = JobStore::new(database.clone(), shared);
    let fetcher = fetcher(setup)?;
    let (nonces, memory) = NonceLog::open(database.clone(), now())
        .await
        .map_err(|e| Failure::new(Exit::Output, e.to_string()))?;
    let runner = JobRunner {
        tasks: Arc::clone(&service.tasks),
        storage: storage.clone(),
        fetcher,
        jobs: jobs.clone(),
    };
    let server = AxonServer::new(
        Arc::clone(service),
        nonces,
        memory,
        queue.clone(),
        jobs.clone(),
        setup.mine.waiting as u64,
        setup.mine.link_life,
    );
    background.spawn(queue.work_on(runner, setup.mine.slots, stop.clone()));
    background.spawn(storage.clone().sweep_on(stop.clone()));
    background.spawn(delete_expired(jobs.clone(), database.clone(), stop.clone()));
    Ok(ReadyAxon {
        router: server.router(),
        backend: AxonBackend { storage, jobs },
    })
}

/// Deletes, when they are due, the objects of an axon that this miner no longer serves.
pub(super) async fn sweep_leftovers(
    setup: &MineSetup,
    host: &MinerHost<'_>,
    stop: &CancellationToken,
    background: &TaskTracker,
) {
    match Storage::pending_count(host.database).await {
        Ok(0) => return,
        Ok(objects) => tracing::info!("{objects} results of the axon are still to go"),
        Err(e) => tracing::error!("the ends of results are unknown: {e}"),
    }
    match storage(setup, host) {
        Ok(storage) => {
            background.spawn(storage.sweep_on(stop.clone()));
        }
        Err(failure) => tracing::error!("they stay: {}", failure.message()),
    }
}

async fn delete_expired(jobs: JobStore, database: Database, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EXPIRY_INTERVAL) => {}
            () = stop.cancelled() => return,
        }
        if let Err(e) = jobs.delete_expired(now()).await {
            tracing::error!("old jobs are still there: {e}");
        }
        if let Err(e) = NonceLog::delete_expired(&database, now()).await {
            tracing::error!("old nonces are still there: {e}");
        }
    }
}

/// What fetches inputs.
pub(super) fn fetcher(setup: &MineSetup) -> Result<Fetcher, Failure> {
    let (limit, private) = (setup.mine.fetch_limit, setup.mine.fetch_private);
    Fetcher::new(limit, private, setup.mine.external_ip)
        .map_err(|e| Failure::new(Exit::Internal, e.to_string()))
}

/// Several machines need a bucket that all of them can store outputs in.
pub(super) fn needs_bucket() -> Failure {
    Failure::usage("a queue that several machines share needs a bucket that they share, too")
        .hint("set bucket_type and what belongs to it: docs/reference/mine.md")
}

/// Where outputs are stored.
pub(super) fn storage(setup: &MineSetup, host: &MinerHost<'_>) -> Result<Storage, Failure> {
    let (database, bound) = (host.database, host.bound);
    let mine = &setup.mine;
    if let Some(bucket) = S3Bucket::of(mine)? {
        return Ok(Storage::bucket(&bucket, mine.link_life, database.clone())?);
    }
    let base = match (&mine.own_url, mine.external_ip) {
        (Some(url), _) => url.trim_end_matches('/').to_owned(),
        (None, Some(IpAddr::V4(ip))) => format!("http://{ip}:{}", bound.port()),
        (None, Some(IpAddr::V6(ip))) => format!("http://[{ip}]:{}", bound.port()),
        (None, None) => {
            return Err(Failure::usage(
                "no address is known under which validators could fetch results from this machine",
            )
            .hint("name it with --external-ip, or use a bucket: docs/reference/mine.md"));
        }
    };
    Ok(Storage::own(
        host.state,
        base,
        mine.link_life,
        database.clone(),
    )?)
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::Missing(_) => Self::usage(error.to_string())
                .hint("`vidaio config show` lists what is set; docs/reference/mine.md says what a bucket needs"),
            StorageError::Store(_) => Self::usage(error.to_string())
                .hint("check bucket_endpoint, bucket_region and bucket_style"),
            _ => Self::new(Exit::Output, error.to_string())
                .hint("choose a folder you may write to: --state-dir"),
        }
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        let message = format!("the queue: {error}");
        match error {
            QueueError::Database(_) => {
                Self::new(Exit::Output, message).hint("check the disk and the folder --state-dir")
            }
            _ => Self::new(Exit::Network, message).hint(
                "check the setting `queue`; without it jobs are stored in the miner's own database",
            ),
        }
    }
}
