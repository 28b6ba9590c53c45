//! Health, metrics and page over HTTP, on a port of the operator's own.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::health::{Health, Part};
use super::page::{Shown, render};
use super::standing::windows;
use crate::miner::jobs::Results;
use crate::miner::listen::json;
use crate::miner::service::Service;
use crate::miner::storage::{Pending, Storage};

/// Requests that the page shows.
const SHOWN: u32 = 50;

/// What stays as it is while a miner runs.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The hotkey's address.
    pub hotkey: String,
    /// The start, by a clock that nobody sets.
    pub since: std::time::Instant,
    /// How it is set up: a name and a value each.
    pub lines: Vec<(&'static str, String)>,
    /// What videos are made with, once that is known.
    pub machine: Arc<OnceLock<Vec<(String, String)>>>,
    /// Folder of the history.
    pub history: PathBuf,
}

/// What stands behind an axon.
pub struct Backing {
    /// Where results lie.
    pub storage: Storage,
    /// What became of orders.
    pub results: Results,
}

struct Status {
    service: Arc<Service>,
    facts: Facts,
    metrics: PrometheusHandle,
    backing: Option<Backing>,
}

/// The routes `/`, `/health` and `/metrics`.
pub fn status_router(
    service: Arc<Service>,
    facts: Facts,
    metrics: PrometheusHandle,
    backing: Option<Backing>,
) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/health", get(health))
        .route("/metrics", get(numbers))
        .with_state(Arc::new(Status {
            service,
            facts,
            metrics,
            backing,
        }))
}

impl Status {
    /// Of the service, and of what stands behind an axon.
    fn health(&self, orders: Option<u64>, now: f64) -> Health {
        let mut health = Health::of(&self.service, now);
        if self.backing.is_some() {
            let part = Part {
                name: "orders",
                well: orders.is_some(),
                says: orders.map_or_else(
                    || "the queue does not answer".to_owned(),
                    |n| format!("{n} are waited for"),
                ),
            };
            health.well &= part.well;
            health.parts.push(part);
        }
        health
    }

    async fn orders(&self, now: f64) -> Option<u64> {
        match self.backing.as_ref()?.results.waited_for(now).await {
            Ok(orders) => Some(orders),
            Err(e) => {
                tracing::error!("the orders are unknown: {e}");
                None
            }
        }
    }

    async fn pending(&self, now: f64) -> Option<Pending> {
        match self.backing.as_ref()?.storage.pending(now as u64).await {
            Ok(pending) => Some(pending),
            Err(e) => {
                tracing::error!("the ends of results are unknown: {e}");
                None
            }
        }
    }
}

async fn health(State(status): State<Arc<Status>>) -> Response {
    let now = crate::miner::now();
    let health = status.health(status.orders(now).await, now);
    let code = if health.well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    json(code, serde_json::to_string(&health).unwrap_or_default())
}

async fn numbers(State(status): State<Arc<Status>>) -> Response {
    let (busy, waiting) = status.service.shop.slots.load();
    metrics::gauge!("vidaio_slots_busy").set(busy as f64);
    metrics::gauge!("vidaio_slots_waiting").set(waiting as f64);
    let now = crate::miner::now();
    if let Some(view) = status.service.validators.view() {
        metrics::gauge!("vidaio_metagraph_age_seconds").set(now - view.read_at());
    }
    if let Some(pending) = status.pending(now).await {
        metrics::gauge!("vidaio_objects_kept").set(pending.objects as f64);
        metrics::gauge!("vidaio_objects_overdue").set(pending.overdue as f64);
    }
    if let Some(orders) = status.orders(now).await {
        metrics::gauge!("vidaio_orders_waited_for").set(orders as f64);
    }
    metrics::gauge!("vidaio_up_seconds").set(status.facts.since.elapsed().as_secs_f64());
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, status.metrics.render()).into_response()
}

async fn show(State(status): State<Arc<Status>>) -> Response {
    let now = crate::miner::now();
    let history = status.facts.history.clone();
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
    let last = match status.service.shop.rounds.last(SHOWN).await {
        Ok(last) => last,
        Err(e) => {
            extras.push(("database", e.to_string()));
            Vec::new()
        }
    };
    let orders = status.orders(now).await;
    if let Some(orders) = orders {
        extras.push(("orders waited for", orders.to_string()));
    }
    if let Some(pending) = status.pending(now).await {
        let why = pending.why.map(|why| format!(" ({why})"));
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
    let tuning = status.service.shop.tuning();
    extras.push(("rules", tuning.maker.rules.clone()));
    extras.push(("enlarges with", tuning.maker.model.clone()));
    let text = render(&Shown {
        facts: &status.facts,
        health: status.health(orders, now),
        last,
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
