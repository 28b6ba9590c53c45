//! What a miner does with a request of the exchange, from its headers to the file that is sent back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::HeaderMap;

use super::gatekeeper::Gatekeeper;
use super::metadata::Track;
use super::refusal::{Refusal, RefusalCode};
use super::request::ArtifactRequest;
use super::response::ArtifactResponse;
use super::transfer::receive;
use super::work::work_of;
use crate::domain::Task;
use crate::miner::clock::now;
use crate::miner::headers::Headers;
use crate::miner::permits::Permit;
use crate::miner::request_record::{RequestOutcome, RequestRecord};
use crate::miner::service::Service;
use crate::miner::tasks::{MadeVideo, MakeError, TaskDir, TaskDirError};
use crate::models::sha256_of_file;

/// Largest input in bytes. As in the reference miner.
const MAX_INPUT: u64 = 2 << 30;
/// Largest output in bytes. As in the reference miner.
const MAX_OUTPUT: u64 = 4 << 30;
/// Time for the whole body of a request. As in the reference miner.
const INGRESS_TIMEOUT: Duration = Duration::from_secs(60);
/// Seconds for which a task is worked on at most, whatever its deadline. Our choice.
const MAX_WORK: f64 = 3600.0;

/// The artifact exchange of one miner.
pub struct ArtifactServer {
    pub(super) service: Arc<Service>,
    pub(super) track: Track,
    gatekeeper: Gatekeeper,
    limits: TransferLimits,
}

/// Bounds of the bodies.
#[derive(Debug, Clone, Copy)]
pub struct TransferLimits {
    /// Bytes of an input.
    pub input: u64,
    /// Bytes of an output.
    pub output: u64,
    /// Time for the whole body of a request.
    pub ingress: Duration,
}

impl Default for TransferLimits {
    /// Those of the network's reference miner.
    fn default() -> Self {
        Self {
            input: MAX_INPUT,
            output: MAX_OUTPUT,
            ingress: INGRESS_TIMEOUT,
        }
    }
}

/// How a request ended: with a video of so many bytes, or with a refusal.
pub(super) enum RequestEnd<'a> {
    Delivered(&'a MadeVideo, u64),
    Refused(&'a Refusal),
}

impl ArtifactServer {
    /// Serves the exchange from now on.
    #[must_use]
    pub fn new(service: Arc<Service>, limits: TransferLimits) -> Self {
        // The track is fixed: a hotkey that changes it would be scored for both.
        let track = match service.tasks.tuning().warrant {
            Task::Compress => Track::Compression,
            Task::Upscale => Track::Upscaling,
        };
        let gatekeeper = Gatekeeper::new(service.hotkey.address(), track, now());
        Self {
            service,
            track,
            gatekeeper,
            limits,
        }
    }

    /// Checks the headers, and everything that they decide.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<ArtifactRequest, Refusal> {
        let now = now();
        let view = self.service.validators.view();
        self.gatekeeper
            .admit(&Headers::from(headers), now, |hotkey| {
                view.map_or(Permit::Unknown, |view| view.permit(hotkey, now))
            })
    }

    /// Receives the input of an admitted request and makes its output.
    pub(super) async fn work(
        &self,
        request: &ArtifactRequest,
        body: Body,
        start: Instant,
    ) -> Result<(TaskDir, ArtifactResponse, MadeVideo), Refusal> {
        let task = &request.metadata;
        let slots = &self.service.tasks.slots;
        let slot = slots
            .try_enter()
            .map_err(|full| Refusal::new(RefusalCode::Busy, full.to_string()))?;
        if request.input_size > self.limits.input {
            return Err(Refusal::new(
                RefusalCode::InputTooLarge,
                format!(
                    "the input has {} bytes, of which at most {} are taken",
                    request.input_size, self.limits.input
                ),
            ));
        }
        let dir = self.begin(&task.task_id)?;
        let (input, output) = (dir.file("input.mp4"), dir.file("output.mp4"));
        let received = tokio::time::timeout(self.limits.ingress, receive(request, body, &input));
        received.await.map_err(|_| {
            Refusal::new(
                RefusalCode::IngressTimeout,
                format!("the input did not come within {:?}", self.limits.ingress),
            )
        })??;
        let allowed = Duration::from_secs_f64(task.deadline_seconds.min(MAX_WORK));
        let work = work_of(self.track, task)
            .map_err(|e| Refusal::new(RefusalCode::BadParams, e.to_string()))?;
        let maker = &self.service.tasks.tuning().maker;
        let made = maker.make(&work, &input, &output, start + allowed).await;
        let made = made.map_err(|e| match e {
            MakeError::Deadline => Refusal::new(
                RefusalCode::DeadlineExceeded,
                format!("nothing was ready within {} s", task.deadline_seconds),
            ),
            other => Refusal::new(RefusalCode::ProcessingFailed, other.to_string()),
        })?;
        drop(slot);
        // The caller may take long to read the output, and needs nothing else.
        let _deleted_with_its_dir = tokio::fs::remove_file(&input).await;
        let (digest, size) = self.digest_and_size(output).await?;
        let response = ArtifactResponse::new(digest, size, Some(start.elapsed().as_secs_f64()));
        Ok((dir, response, made))
    }

    fn begin(&self, task_id: &str) -> Result<TaskDir, Refusal> {
        let begun = self.service.tasks.dirs.begin(task_id);
        begun.map_err(|e| match e {
            TaskDirError::UnderWay => Refusal::new(
                RefusalCode::TaskConflict,
                format!("task {task_id} is under way already"),
            ),
            TaskDirError::System { .. } => {
                tracing::error!("{e}");
                Refusal::new(
                    RefusalCode::ProcessingFailed,
                    "there is no place to work at",
                )
            }
        })
    }

    /// SHA-256 and size of an output, if it is not too large to be sent.
    async fn digest_and_size(&self, output: PathBuf) -> Result<(String, u64), Refusal> {
        let limit = self.limits.output;
        let failed = |e: &dyn std::fmt::Display| {
            tracing::error!("the output cannot be read: {e}");
            Refusal::new(RefusalCode::ProcessingFailed, "the output cannot be read")
        };
        let size = tokio::fs::metadata(&output)
            .await
            .map_err(|e| failed(&e))?
            .len();
        if size > limit {
            return Err(Refusal::new(
                RefusalCode::OutputTooLarge,
                format!("the output has {size} bytes, of which at most {limit} are sent"),
            ));
        }
        let digest = tokio::task::spawn_blocking(move || sha256_of_file(&output)).await;
        let digest = digest.map_err(|e| failed(&e))?.map_err(|e| failed(&e))?;
        Ok((digest, size))
    }

    /// The record of a request; only one that was admitted names its caller.
    pub(super) fn record(
        &self,
        request: Option<&ArtifactRequest>,
        start: Instant,
        end: RequestEnd<'_>,
    ) -> RequestRecord {
        let (outcome, reason, made, size) = match end {
            RequestEnd::Delivered(made, size) => (
                RequestOutcome::Delivered,
                "delivered".to_owned(),
                Some(made),
                size,
            ),
            RequestEnd::Refused(refusal) => {
                let outcome = match refusal.code {
                    RefusalCode::DeadlineExceeded
                    | RefusalCode::ProcessingFailed
                    | RefusalCode::OutputTooLarge => RequestOutcome::Failed,
                    _ => RequestOutcome::Refused,
                };
                (outcome, refusal.to_string(), None, 0)
            }
        };
        let mut record = RequestRecord {
            ended_at: now(),
            protocol: "artifact".into(),
            validator: request.map(|r| r.validator),
            task: request.map(|_| match self.track {
                Track::Compression => Task::Compress.into(),
                Track::Upscaling => Task::Upscale.into(),
            }),
            name: request.map_or_else(String::new, |r| r.metadata.task_id.clone()),
            outcome,
            reason,
            score: None,
            vmaf: None,
            threshold: None,
            bytes: (request.map_or(0, |r| r.input_size), size),
            seconds: start.elapsed().as_secs_f64(),
            tools: String::new(),
            device: String::new(),
            rules: String::new(),
        };
        if let Some(made) = made {
            record.describe(made);
        }
        record
    }
}
