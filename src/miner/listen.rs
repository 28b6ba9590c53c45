//! HTTP connections from strangers, bounded in number, in time and in what they may send.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::stall_guard::StallGuard;

/// Open connections at a time. Our choice: one has a buffer of up to [`LARGEST_HEAD`].
const MOST_CONNECTIONS: usize = 1024;
/// Open connections of one IP address, so that none can take all. Our choice.
const MOST_PER_ADDRESS: usize = 128;
/// Time for the first byte of a new connection. Our choice.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for the head of a request, which includes the pause between two requests. Clients of the axon reuse a
/// connection within 15 seconds.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// Bytes of a request's head: twice what the axon accepts, so that it can refuse larger ones in its own words.
const LARGEST_HEAD: usize = 128 * 1024;
/// Headers of one request. Our choice; the protocols use about twenty.
const MOST_HEADERS: usize = 128;
/// Pause after a connection that could not be accepted, mostly because no file descriptor is left. Our choice.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Address and port that a request came from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A response in JSON.
pub fn json_response(status: StatusCode, body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body).into_response()
}

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Serves connections until `stop`, then waits up to `grace` for requests under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    grace: Duration,
) {
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let counts = Counts::default();
    let tasks = TaskTracker::new();
    loop {
        // Further connections wait in the system's queue, which is bounded too.
        let slot = tokio::select! {
            slot = Arc::clone(&free).acquire_owned() => slot,
            () = stop.cancelled() => break,
        };
        let Ok(slot) = slot else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(counted) = CountedConnection::enter(&counts, peer.ip()) else {
                    continue;
                };
                metrics::gauge!("vidaio_connections")
                    .set((MOST_CONNECTIONS - free.available_permits()) as f64);
                let router = router.clone().layer(axum::Extension(Peer(peer)));
                tasks.spawn(connection(stream, router, stop.clone(), slot, counted));
            }
            Err(e) => {
                tracing::warn!("a connection could not be accepted: {e}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(grace, tasks.wait()).await.is_err() {
        tracing::warn!("{} connections were cut off", tasks.len());
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    stop: CancellationToken,
    _slot: OwnedSemaphorePermit,
    _counted: CountedConnection,
) {
    // A connection that sends nothing occupies a slot for a short time only.
    let mut byte = [0; 1];
    let first = tokio::time::timeout(FIRST_BYTE_TIMEOUT, stream.peek(&mut byte));
    let is_sending = tokio::select! {
        first = first => matches!(first, Ok(Ok(1))),
        () = stop.cancelled() => false,
    };
    if !is_sending {
        return;
    }
    // The head and the body of a response are two writes; Nagle's algorithm would delay the second by 40 ms.
    let _slower = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS);
    let service = TowerToHyperService::new(router);
    let mut serving =
        std::pin::pin!(builder.serve_connection(TokioIo::new(StallGuard::new(stream)), service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!("a connection ended: {e}");
    }
}

/// One connection of an IP address, counted until it is dropped.
struct CountedConnection {
    counts: Counts,
    ip: IpAddr,
}

impl CountedConnection {
    fn enter(counts: &Counts, ip: IpAddr) -> Option<Self> {
        let mut all = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(ip).or_insert(0);
        if *count >= MOST_PER_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Self {
            counts: Arc::clone(counts),
            ip,
        })
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        let mut all = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.ip);
            }
        }
    }
}
