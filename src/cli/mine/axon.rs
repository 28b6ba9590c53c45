//! What the axon needs beyond the service: storage, a queue, and somebody who works it off.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::settings::Chosen;
use crate::config::BucketType;
use crate::miner::axon::AxonServer;
use crate::miner::jobs::{Bench, Queue, QueueError, Results, Shared};
use crate::miner::storage::{Bucket, Storage, StorageError};
use crate::miner::tasks::Fetch;
use crate::miner::{Database, Nonces, Service, now};

/// Time between two looks for jobs that nobody asks for any more.
const FORGET: Duration = Duration::from_secs(60);

/// An axon that is ready.
pub(super) struct Axon {
    pub(super) router: Router,
    pub(super) storage: Storage,
    pub(super) results: Results,
}

pub(super) async fn begin(
    chosen: &Chosen,
    service: &Arc<Service>,
    database: &Database,
    state: &Path,
    bound: SocketAddr,
    stop: &CancellationToken,
    background: &TaskTracker,
) -> Result<Axon, Failure> {
    let storage = storage(chosen, database, state, bound)?;
    let shared = match &chosen.mine.queue {
        Some(_) if chosen.mine.bucket_type == BucketType::Own => return Err(needs_bucket()),
        Some(address) => Some(Shared::connect(address).await?),
        None => None,
    };
    let queue = match shared.clone() {
        None => Queue::own(database).await?,
        Some(connection) => Queue::redis(connection),
    };
    let results = Results::new(database.clone(), shared);
    let fetch = fetch(chosen)?;
    let (nonces, memory) = Nonces::open(database.clone(), now())
        .await
        .map_err(|e| Failure::new(Exit::Output, e.to_string()))?;
    let bench = Bench {
        shop: Arc::clone(&service.shop),
        storage: storage.clone(),
        fetch,
        results: results.clone(),
    };
    let server = AxonServer::new(
        Arc::clone(service),
        nonces,
        memory,
        queue.clone(),
        results.clone(),
        chosen.mine.waiting as u64,
        chosen.mine.link_life,
    );
    background.spawn(queue.work_on(bench, chosen.mine.slots, stop.clone()));
    background.spawn(storage.clone().sweep_on(stop.clone()));
    background.spawn(forget(results.clone(), database.clone(), stop.clone()));
    Ok(Axon {
        router: server.router(),
        storage,
        results,
    })
}

/// Removes objects of an axon that this miner no longer has, as they were promised to go.
pub(super) async fn sweep_what_is_left(
    chosen: &Chosen,
    database: &Database,
    state: &Path,
    bound: SocketAddr,
    stop: &CancellationToken,
    background: &TaskTracker,
) {
    match Storage::promised(database).await {
        Ok(0) => return,
        Ok(objects) => tracing::info!("{objects} results of the axon are still to go"),
        Err(e) => tracing::error!("the ends of results are unknown: {e}"),
    }
    match storage(chosen, database, state, bound) {
        Ok(storage) => {
            background.spawn(storage.sweep_on(stop.clone()));
        }
        Err(failure) => tracing::error!("they stay: {}", failure.message()),
    }
}

async fn forget(results: Results, database: Database, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(FORGET) => {}
            () = stop.cancelled() => return,
        }
        if let Err(e) = results.forget(now()).await {
            tracing::error!("old jobs are still there: {e}");
        }
        if let Err(e) = Nonces::forget(&database, now()).await {
            tracing::error!("old nonces are still there: {e}");
        }
    }
}

/// Who fetches inputs.
pub(super) fn fetch(chosen: &Chosen) -> Result<Fetch, Failure> {
    let (limit, private) = (chosen.mine.fetch_limit, chosen.mine.fetch_private);
    Fetch::new(limit, private, chosen.mine.external_ip)
        .map_err(|e| Failure::new(Exit::Internal, e.to_string()))
}

/// Several machines need one place for what they make.
pub(super) fn needs_bucket() -> Failure {
    Failure::usage("a queue that several machines share needs a bucket that they share, too")
        .hint("set bucket_type and what belongs to it: docs/reference/mine.md")
}

/// Where results go.
pub(super) fn storage(
    chosen: &Chosen,
    database: &Database,
    state: &Path,
    bound: SocketAddr,
) -> Result<Storage, Failure> {
    let mine = &chosen.mine;
    if let Some(bucket) = Bucket::of(mine)? {
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
    Ok(Storage::own(state, base, mine.link_life, database.clone())?)
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
