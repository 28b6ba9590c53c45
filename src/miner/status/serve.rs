//! Health, metrics and page over HTTP, on a port of the operator's own.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::health::{Health, HealthPart};
use super::info::MinerInfo;
use super::page::{PageContent, render};
use super::windows::windows;
use crate::miner::clock::now;
use crate::miner::jobs::JobStore;
use crate::miner::listen::json_response;
use crate::miner::service::Service;
use crate::miner::storage::{PendingDeletions, Storage};

/// Requests on the page. Our choice.
const SHOWN_REQUESTS: u32 = 50;

/// What an axon has beyond the service.
pub struct AxonBackend {
    pub storage: Storage,
    pub jobs: JobStore,
}

struct Status {
    service: Arc<Service>,
    info: MinerInfo,
    metrics: PrometheusHandle,
    /// Nothing if the axon is not served.
    axon: Option<AxonBackend>,
}

/// The routes `/`, `/health` and `/metrics`.
pub fn status_router(
    service: Arc<Service>,
    info: MinerInfo,
    metrics: PrometheusHandle,
    axon: Option<AxonBackend>,
) -> Router {
    Router::new()
        .route("/", get(show_page))
        .route("/health", get(show_health))
        .route("/metrics", get(show_metrics))
        .with_state(Arc::new(Status {
            service,
            info,
            metrics,
            axon,
        }))
}

impl Status {
    /// The health of the service, and of the queue if there is one.
    fn health(&self, pending_jobs: Option<u64>, now: f64) -> Health {
        let mut health = Health::of(&self.service, now);
        if self.axon.is_some() {
            health.add(HealthPart {
                name: "orders",
                healthy: pending_jobs.is_some(),
                detail: pending_jobs.map_or_else(
                    || "the queue does not answer".to_owned(),
                    |n| format!("{n} are waited for"),
                ),
            });
        }
        health
    }

    async fn pending_jobs(&self, now: f64) -> Option<u64> {
        match self.axon.as_ref()?.jobs.pending_count(now).await {
            Ok(count) => Some(count),
            Err(e) => {
                tracing::error!("the orders are unknown: {e}");
                None
            }
        }
    }

    async fn pending_deletions(&self, now: f64) -> Option<PendingDeletions> {
        match self.axon.as_ref()?.storage.pending(now as u64).await {
            Ok(pending) => Some(pending),
            Err(e) => {
                tracing::error!("the ends of results are unknown: {e}");
                None
            }
        }
    }
}

async fn show_health(State(status): State<Arc<Status>>) -> Response {
    let now = now();
    let health = status.health(status.pending_jobs(now).await, now);
    let code = if health.healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json_response(code, serde_json::to_string(&health).unwrap_or_default())
}

async fn show_metrics(State(status): State<Arc<Status>>) -> Response {
    let (busy, waiting) = status.service.tasks.slots.load();
    metrics::gauge!("vidaio_slots_busy").set(busy as f64);
    metrics::gauge!("vidaio_slots_waiting").set(waiting as f64);
    let now = now();
    if let Some(view) = status.service.validators.view() {
        metrics::gauge!("vidaio_metagraph_age_seconds").set(now - view.read_at());
    }
    if let Some(pending) = status.pending_deletions(now).await {
        metrics::gauge!("vidaio_objects_kept").set(pending.objects as f64);
        metrics::gauge!("vidaio_objects_overdue").set(pending.overdue as f64);
    }
    if let Some(jobs) = status.pending_jobs(now).await {
        metrics::gauge!("vidaio_orders_waited_for").set(jobs as f64);
    }
    metrics::gauge!("vidaio_up_seconds").set(status.info.started.elapsed().as_secs_f64());
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, status.metrics.render()).into_response()
}

async fn show_page(State(status): State<Arc<Status>>) -> Response {
    let now = now();
    let history = status.info.history.clone();
    let read = tokio::task::spawn_blocking(move || windows(&history)).await;
    let mut extras = Vec::new();
    let windows = match read {
        Ok(Ok(windows)) => windows,
        Ok(Err(e)) => {
            extras.push(("history", e.to_string()));
            Vec::new()
        }
        Err(e) => {
            extras.push(("history", e.to_string()));
            Vec::new()
        }
    };
    let requests = match status.service.tasks.requests.last(SHOWN_REQUESTS).await {
        Ok(requests) => requests,
        Err(e) => {
            extras.push(("database", e.to_string()));
            Vec::new()
        }
    };
    let pending_jobs = status.pending_jobs(now).await;
    if let Some(jobs) = pending_jobs {
        extras.push(("orders waited for", jobs.to_string()));
    }
    if let Some(pending) = status.pending_deletions(now).await {
        let why = pending.last_error.map(|why| format!(" ({why})"));
        extras.push((
            "results kept",
            format!(
                "{}, of which {} are overdue{}",
                pending.objects,
                pending.overdue,
                why.unwrap_or_default()
            ),
        ));
    }
    let tuning = status.service.tasks.tuning();
    extras.push(("rules", tuning.maker.rules.clone()));
    extras.push(("enlarges with", tuning.maker.model.clone()));
    let text = render(&PageContent {
        info: &status.info,
        health: status.health(pending_jobs, now),
        requests,
        windows,
        extras,
        now,
    });
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
    ];
    (headers, text).into_response()
}
