//! The routes of the exchange.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::protocol::ROUTE;
use super::refusal::{Refusal, RefusalCode};
use super::request::ArtifactRequest;
use super::server::{ArtifactServer, RequestEnd};
use super::transfer::send;
use crate::miner::listen::json_response;

impl ArtifactServer {
    /// Its routes: the track that this miner serves, and a task.
    pub fn router(self) -> Router {
        Router::new()
            .route("/warrant", get(warrant))
            .route(ROUTE, post(task))
            .with_state(Arc::new(self))
    }
}

async fn warrant(State(server): State<Arc<ArtifactServer>>) -> Response {
    let body = serde_json::json!({ "track": server.track.name() }).to_string();
    json_response(StatusCode::OK, body)
}

async fn task(State(server): State<Arc<ArtifactServer>>, request: Request) -> Response {
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let requests = &server.service.tasks.requests;
    let admitted = match server.admit(&parts.headers) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let record = server.record(None, start, RequestEnd::Refused(&refusal));
            requests.keep(record).await;
            return refused(&refusal);
        }
    };
    let mut abandoned = AbandonedRequest {
        server: &server,
        request: Some(&admitted),
        start,
    };
    let worked = server.work(&admitted, body, start).await;
    abandoned.request = None;
    match worked {
        Ok((dir, response, made)) => {
            let end = RequestEnd::Delivered(&made, response.output_size);
            let record = server.record(Some(&admitted), start, end);
            // The response does not wait for its record.
            let tasks = Arc::clone(&server.service.tasks);
            tokio::spawn(async move { tasks.requests.keep(record).await });
            match send(dir, &response, &admitted, &server.service).await {
                Ok(response) => response,
                Err(e) => {
                    tracing::error!("the output cannot be read: {e}");
                    refused(&Refusal::new(
                        RefusalCode::ProcessingFailed,
                        "the output cannot be read",
                    ))
                }
            }
        }
        Err(refusal) => {
            let record = server.record(Some(&admitted), start, RequestEnd::Refused(&refusal));
            requests.keep(record).await;
            refused(&refusal)
        }
    }
}

/// A request that is being worked on. A caller that disconnects cancels the work, and this records that.
struct AbandonedRequest<'a> {
    server: &'a Arc<ArtifactServer>,
    /// Nothing once the work has ended.
    request: Option<&'a ArtifactRequest>,
    start: Instant,
}

impl Drop for AbandonedRequest<'_> {
    fn drop(&mut self) {
        let Some(request) = self.request else {
            return;
        };
        let gone = Refusal::new(
            RefusalCode::ProcessingFailed,
            "the caller went away before there was an answer",
        );
        let end = RequestEnd::Refused(&gone);
        let record = self.server.record(Some(request), self.start, end);
        let tasks = Arc::clone(&self.server.service.tasks);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { tasks.requests.keep(record).await });
        }
    }
}

fn refused(refusal: &Refusal) -> Response {
    let (status, _) = refusal.code.parts();
    json_response(
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        refusal.body(),
    )
}
