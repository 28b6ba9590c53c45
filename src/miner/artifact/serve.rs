//! The exchange over HTTP: a body comes and is written down as it comes, a body goes as it is read.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio_util::io::ReaderStream;

use super::answer::Answer;
use super::check::Gatekeeper;
use super::headers::Headers;
use super::metadata::Track;
use super::refusal::{Code, Refusal};
use super::request::Request;
use super::work::work_of;
use super::{Permit, ROUTE};
use crate::domain::Task;
use crate::miner::listen::json;
use crate::miner::rounds::{Outcome, Served};
use crate::miner::service::Service;
use crate::miner::tasks::{Conflict, MadeVideo, MakeError, Place};
use crate::models::sha256_of_file;

/// Bytes of the largest input.
const LARGEST_INPUT: u64 = 2 << 30;
/// Bytes of the largest output.
const LARGEST_OUTPUT: u64 = 4 << 30;
/// Time for the whole body of a request.
const INGRESS: Duration = Duration::from_secs(60);
/// Longest time that a task is worked on, whatever it asks for.
const LONGEST: f64 = 3600.0;
/// Bytes of an answer that are read at a time.
const PIECE: usize = 256 * 1024;

/// The exchange of one miner.
pub struct ArtifactServer {
    service: Arc<Service>,
    track: Track,
    gatekeeper: Gatekeeper,
    limits: Limits,
}

/// What may come and go, and how slowly.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the largest input.
    pub input: u64,
    /// Bytes of the largest output.
    pub output: u64,
    /// Time for the whole body of a request.
    pub ingress: Duration,
}

impl Default for Limits {
    /// Those of the network's reference miner.
    fn default() -> Self {
        Self {
            input: LARGEST_INPUT,
            output: LARGEST_OUTPUT,
            ingress: INGRESS,
        }
    }
}

impl ArtifactServer {
    /// Of a service that begins now.
    #[must_use]
    pub fn new(service: Arc<Service>, limits: Limits) -> Self {
        // A pool is chosen for good: a hotkey that changes it would be scored for both.
        let track = match service.shop.tuning().warrant {
            Task::Compress => Track::Compression,
            Task::Upscale => Track::Upscaling,
        };
        let gatekeeper = Gatekeeper::new(service.hotkey.address(), track, crate::miner::now());
        Self {
            service,
            track,
            gatekeeper,
            limits,
        }
    }

    /// Its routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/warrant", get(warrant))
            .route(ROUTE, post(task))
            .with_state(Arc::new(self))
    }

    /// Headers first, and everything that they decide.
    fn admit(&self, headers: &HeaderMap) -> Result<Request, Refusal> {
        let now = crate::miner::now();
        let view = self.service.validators.view();
        self.gatekeeper
            .admit(&Headers::from(headers), now, |hotkey| {
                view.map_or(Permit::Unknown, |view| view.permit(hotkey, now))
            })
    }

    /// Everything from an admitted request to a file with its answer.
    async fn work(
        &self,
        request: &Request,
        body: Body,
        start: Instant,
    ) -> Result<(Place, Answer, MadeVideo), Refusal> {
        let task = &request.metadata;
        let slot = self
            .service
            .shop
            .slots
            .try_enter()
            .map_err(|full| Refusal::new(Code::Busy, full.to_string()))?;
        if request.input_size > self.limits.input {
            return Err(Refusal::new(
                Code::InputTooLarge,
                format!(
                    "the input has {} bytes, of which at most {} are taken",
                    request.input_size, self.limits.input
                ),
            ));
        }
        let place = self.begin(&task.task_id)?;
        let (input, output) = (place.file("input.mp4"), place.file("output.mp4"));
        let received = tokio::time::timeout(self.limits.ingress, receive(request, body, &input));
        received.await.map_err(|_| {
            Refusal::new(
                Code::IngressTimeout,
                format!("the input did not come within {:?}", self.limits.ingress),
            )
        })??;
        let allowed = Duration::from_secs_f64(task.deadline_seconds.min(LONGEST));
        let work =
            work_of(self.track, task).map_err(|e| Refusal::new(Code::BadParams, e.to_string()))?;
        let maker = &self.service.shop.tuning().maker;
        let made = maker.make(&work, &input, &output, start + allowed).await;
        let made = made.map_err(|e| match e {
            MakeError::Deadline => Refusal::new(
                Code::DeadlineExceeded,
                format!("nothing was ready within {} s", task.deadline_seconds),
            ),
            other => Refusal::new(Code::ProcessingFailed, other.to_string()),
        })?;
        drop(slot);
        // An answer may take long to be read, and needs its output alone.
        let _gone_with_its_folder = tokio::fs::remove_file(&input).await;
        let (digest, size) = self.bound(output).await?;
        let answer = Answer::new(digest, size, Some(start.elapsed().as_secs_f64()));
        Ok((place, answer, made))
    }

    fn begin(&self, task_id: &str) -> Result<Place, Refusal> {
        self.service
            .shop
            .workplace
            .begin(task_id)
            .map_err(|e| match e {
                Conflict::UnderWay => Refusal::new(
                    Code::TaskConflict,
                    format!("task {task_id} is under way already"),
                ),
                Conflict::System { .. } => {
                    tracing::error!("{e}");
                    Refusal::new(Code::ProcessingFailed, "there is no place to work at")
                }
            })
    }

    /// Digest and size of an output that may be sent.
    async fn bound(&self, output: std::path::PathBuf) -> Result<(String, u64), Refusal> {
        let limit = self.limits.output;
        let failed = |e: &dyn std::fmt::Display| {
            tracing::error!("the output cannot be read: {e}");
            Refusal::new(Code::ProcessingFailed, "the output cannot be read")
        };
        let size = tokio::fs::metadata(&output)
            .await
            .map_err(|e| failed(&e))?
            .len();
        if size > limit {
            return Err(Refusal::new(
                Code::OutputTooLarge,
                format!("the output has {size} bytes, of which at most {limit} are sent"),
            ));
        }
        let digest = tokio::task::spawn_blocking(move || sha256_of_file(&output)).await;
        let digest = digest.map_err(|e| failed(&e))?.map_err(|e| failed(&e))?;
        Ok((digest, size))
    }

    async fn keep(&self, request: Option<&Request>, start: Instant, ended: Ended<'_>) {
        let served = self.served(request, start, ended);
        self.service.shop.rounds.keep(served).await;
    }

    fn served(&self, request: Option<&Request>, start: Instant, ended: Ended<'_>) -> Served {
        let (outcome, reason, made, size) = match ended {
            Ended::Delivered(made, size) => {
                (Outcome::Delivered, "delivered".to_owned(), Some(made), size)
            }
            Ended::Refused(refusal) => {
                let outcome = match refusal.code {
                    Code::DeadlineExceeded | Code::ProcessingFailed | Code::OutputTooLarge => {
                        Outcome::Failed
                    }
                    _ => Outcome::Refused,
                };
                (outcome, refusal.to_string(), None, 0)
            }
        };
        let mut served = Served {
            at: crate::miner::now(),
            protocol: "artifact".into(),
            validator: request.map(|r| r.validator),
            task: request.map(|_| match self.track {
                Track::Compression => Task::Compress,
                Track::Upscaling => Task::Upscale,
            }),
            name: request.map_or_else(String::new, |r| r.metadata.task_id.clone()),
            outcome,
            reason,
            score: None,
            vmaf: None,
            threshold: None,
            bytes: (request.map_or(0, |r| r.input_size), size),
            seconds: start.elapsed().as_secs_f64(),
            by: String::new(),
            device: String::new(),
            rules: String::new(),
        };
        if let Some(made) = made {
            served.describe(made);
        }
        served
    }
}

enum Ended<'a> {
    Delivered(&'a MadeVideo, u64),
    Refused(&'a Refusal),
}

async fn warrant(State(server): State<Arc<ArtifactServer>>) -> Response {
    let body = serde_json::json!({ "track": server.track.name() }).to_string();
    json(StatusCode::OK, body)
}

async fn task(State(server): State<Arc<ArtifactServer>>, request: HttpRequest) -> Response {
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let admitted = match server.admit(&parts.headers) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            server.keep(None, start, Ended::Refused(&refusal)).await;
            return refused(&refusal);
        }
    };
    let mut unfinished = Unfinished {
        server: &server,
        request: Some(&admitted),
        start,
    };
    let worked = server.work(&admitted, body, start).await;
    unfinished.request = None;
    match worked {
        Ok((place, answer, made)) => {
            let ended = Ended::Delivered(&made, answer.output_size);
            let served = server.served(Some(&admitted), start, ended);
            // The answer does not wait for its record.
            let shop = Arc::clone(&server.service.shop);
            tokio::spawn(async move { shop.rounds.keep(served).await });
            match send(place, &answer, &admitted, &server.service).await {
                Ok(response) => response,
                Err(e) => {
                    tracing::error!("the output cannot be read: {e}");
                    refused(&Refusal::new(
                        Code::ProcessingFailed,
                        "the output cannot be read",
                    ))
                }
            }
        }
        Err(refusal) => {
            let ended = Ended::Refused(&refusal);
            server.keep(Some(&admitted), start, ended).await;
            refused(&refusal)
        }
    }
}

/// A request that is worked on. A caller that goes away takes the work with it, which is noted all the
/// same.
struct Unfinished<'a> {
    server: &'a Arc<ArtifactServer>,
    request: Option<&'a Request>,
    start: Instant,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let Some(request) = self.request else {
            return;
        };
        let gone = Refusal::new(
            Code::ProcessingFailed,
            "the caller went away before there was an answer",
        );
        let served = self
            .server
            .served(Some(request), self.start, Ended::Refused(&gone));
        let shop = Arc::clone(&self.server.service.shop);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shop.rounds.keep(served).await });
        }
    }
}

/// Writes a body down and checks that it is the one that was signed.
async fn receive(request: &Request, body: Body, to: &Path) -> Result<(), Refusal> {
    let disk = |e: std::io::Error| {
        tracing::error!("an input cannot be written down: {e}");
        Refusal::new(Code::ProcessingFailed, "the input cannot be written down")
    };
    let short = |received: u64| {
        Refusal::new(
            Code::BodyLengthMismatch,
            format!(
                "Content-Length was {}, received {received}",
                request.input_size
            ),
        )
    };
    let mut file = tokio::fs::File::create_new(to).await.map_err(disk)?;
    let (mut received, mut hash) = (0_u64, Sha256::new());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| short(received))?;
        received += piece.len() as u64;
        if received > request.input_size {
            return Err(short(received));
        }
        hash.update(&piece);
        file.write_all(&piece).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    if received != request.input_size {
        return Err(short(received));
    }
    let digest = hex::encode(hash.finalize());
    if digest != request.metadata.input_digest {
        return Err(Refusal::new(
            Code::InputDigestMismatch,
            format!("the input's SHA-256 is {digest}"),
        ));
    }
    Ok(())
}

/// The answer, whose folder goes with its last byte.
async fn send(
    place: Place,
    answer: &Answer,
    request: &Request,
    service: &Service,
) -> std::io::Result<Response> {
    let file = tokio::fs::File::open(place.file("output.mp4")).await?;
    let pieces = ReaderStream::with_capacity(file, PIECE).inspect(move |_| {
        let _kept_until_the_end = &place;
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(header::CONTENT_LENGTH, answer.output_size.into());
    for (name, value) in answer.headers(request, &service.hotkey) {
        // Names are ours, values are digits, digests and a name that was checked.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

fn refused(refusal: &Refusal) -> Response {
    let (status, _) = refusal.code.parts();
    json(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        refusal.body(),
    )
}
