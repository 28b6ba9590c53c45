//! Connections from anybody: bounded in number, in time and in what they may send before they are known.

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

use super::moving::Moving;

/// Connections at a time.
const MOST: usize = 1024;
/// Of one address, so that none takes the room of all.
const MOST_OF_ONE: usize = 128;
/// Time for the first byte of a new connection.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// Time for the head of a request, and between two of them. Clients of the axon use a connection again
/// within 15 seconds.
const HEAD: Duration = Duration::from_secs(75);
/// Bytes of a head. Whoever sends more than the network's own server takes is told so in words.
const LARGEST_HEAD: usize = 128 * 1024;
/// Headers of a request.
const MOST_HEADERS: usize = 128;
/// Wait after a connection that could not be accepted: the system has no more files.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// An answer in JSON.
pub fn json(status: StatusCode, body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body).into_response()
}

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Serves connections until `stop`, then lets those under way end their request for up to `patience`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    patience: Duration,
) {
    let places = Arc::new(Semaphore::new(MOST));
    let counts = Counts::default();
    let tasks = TaskTracker::new();
    loop {
        // Who finds no place waits in the system's queue, which is bounded too.
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = stop.cancelled() => break,
        };
        let Ok(place) = place else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(counted) = Counted::enter(&counts, peer.ip()) else {
                    continue;
                };
                metrics::gauge!("vidaio_connections")
                    .set((MOST - places.available_permits()) as f64);
                let router = router.clone().layer(axum::Extension(Peer(peer)));
                tasks.spawn(connection(stream, router, stop.clone(), place, counted));
            }
            Err(e) => {
                tracing::warn!("a connection could not be accepted: {e}");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(patience, tasks.wait()).await.is_err() {
        tracing::warn!("{} connections were cut off", tasks.len());
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
    _counted: Counted,
) {
    // Who says nothing takes no place for long.
    let mut byte = [0; 1];
    let first = tokio::time::timeout(FIRST_BYTE, stream.peek(&mut byte));
    let spoke = tokio::select! {
        first = first => matches!(first, Ok(Ok(1))),
        () = stop.cancelled() => false,
    };
    if !spoke {
        return;
    }
    // An answer's head and body are two writes; waiting for more costs 40 ms.
    let _slower = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS);
    let service = TowerToHyperService::new(router);
    let mut served =
        std::pin::pin!(builder.serve_connection(TokioIo::new(Moving::new(stream)), service));
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!("a connection ended: {e}");
    }
}

/// One connection of an address.
struct Counted {
    counts: Counts,
    ip: IpAddr,
}

impl Counted {
    fn enter(counts: &Counts, ip: IpAddr) -> Option<Self> {
        let mut all = counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(ip).or_insert(0);
        if *count >= MOST_OF_ONE {
            return None;
        }
        *count += 1;
        Some(Self {
            counts: Arc::clone(counts),
            ip,
        })
    }
}

impl Drop for Counted {
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
