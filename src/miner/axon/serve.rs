//! The axon over HTTP: head, proof, body, class, answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};

use super::class::Class;
use super::gate::{Caller, Gate, Rules};
use super::headers::AxonHeaders;
use super::memory::NonceMemory;
use super::refusal::AxonRefusal;
use super::synapse::Synapse;
use crate::domain::Task;
use crate::miner::artifact::Headers;
use crate::miner::jobs::{Queue, Results, State as JobState};
use crate::miner::listen::json as json_answer;
use crate::miner::nonces::Nonces;
use crate::miner::service::Service;
use crate::subnet::{Alpha, RAO};

/// Bytes of the largest body: a bundle of addresses takes a few thousand.
const LARGEST_BODY: usize = 1 << 20;
/// Bytes of all headers together; the network's own server takes about as many.
const LARGEST_HEADERS: usize = 64 * 1024;
/// Time for a body.
const BODY: Duration = Duration::from_secs(20);
/// Least seconds for which a job can be asked for; a result can be as long as its link lives.
const JOB_KEPT: f64 = 3.0 * 3600.0;

/// The axon of one miner.
pub struct AxonServer {
    pub(super) service: Arc<Service>,
    gate: Gate,
    nonces: Nonces,
    pub(super) queue: Queue,
    pub(super) results: Results,
    /// Orders that may wait.
    pub(super) waiting: u64,
    /// Seconds for which an order is known beyond its time.
    pub(super) kept: f64,
    pub(super) counting: tokio::sync::Mutex<()>,
}

impl AxonServer {
    /// Of a service, with what was remembered before a restart.
    #[must_use]
    pub fn new(
        service: Arc<Service>,
        nonces: Nonces,
        memory: NonceMemory,
        queue: Queue,
        results: Results,
        waiting: u64,
        link_life: Duration,
    ) -> Self {
        let gate = Gate::new(service.hotkey.address(), memory);
        Self {
            service,
            gate,
            nonces,
            queue,
            results,
            waiting,
            kept: JOB_KEPT.max(link_life.as_secs_f64() + 60.0),
            counting: tokio::sync::Mutex::new(()),
        }
    }

    /// Its routes: every class, and a word to whoever asks for another.
    pub fn router(self) -> Router {
        Router::new().fallback(any(call)).with_state(Arc::new(self))
    }

    /// Proves the caller, and writes its nonce down before anything is done for it.
    async fn admit(&self, class: Class, headers: &AxonHeaders) -> Result<Caller, AxonRefusal> {
        let tuning = self.service.shop.tuning();
        let metagraph = self.service.validators.metagraph();
        let owner = metagraph.as_ref().and_then(|m| m.owner_hotkey.as_ref());
        let rules = Rules {
            least_stake: Alpha::from_rao((tuning.least_stake * RAO as f64) as u64),
            owner: owner.filter(|_| class.is_the_owners()),
        };
        let view = self.service.validators.view();
        let now = (crate::miner::now() * 1e9) as u64;
        let admitted = self.gate.admit(headers, view.as_deref(), rules, now)?;
        let uuid = headers.uuid.clone().unwrap_or_default();
        let kept = self.nonces.keep(
            admitted.hotkey.to_string(),
            uuid,
            headers.nonce.unwrap_or(0),
        );
        kept.await.map_err(|e| {
            tracing::error!("a nonce cannot be written down: {e}");
            AxonRefusal::new(503, "This miner cannot remember the nonce")
        })?;
        Ok(admitted)
    }

    async fn fill(
        &self,
        class: Class,
        mut synapse: Synapse,
        caller: &Caller,
    ) -> Result<Synapse, AxonRefusal> {
        let tuning = self.service.shop.tuning();
        match class {
            Class::Ping => {}
            Class::Warrant => {
                let number = match tuning.warrant {
                    Task::Compress => 1,
                    Task::Upscale => 2,
                };
                synapse.set("warrant_task", number.into());
            }
            Class::Length => synapse.set("max_content_length", tuning.content_length.into()),
            Class::Videos(task) => self.videos(&mut synapse, task, caller).await?,
            Class::Job(task) => self.job(&mut synapse, task, caller).await?,
            Class::Poll(_) => self.poll(&mut synapse, caller).await?,
            Class::Invitation => {
                let response = "invitation_response";
                echo(&mut synapse, response, "competition_id", "competition_id");
                echo(&mut synapse, response, "echo_nonce", "invitation_nonce");
                synapse.set_within(response, "participating", false.into());
                synapse.set_within(response, "supported_competition_type", Value::Null);
                synapse.set_within(response, "refusal_reason", "not participating".into());
            }
            Class::Submission => {
                let response = "submission_response";
                echo(&mut synapse, response, "competition_id", "competition_id");
                echo(&mut synapse, response, "echo_nonce", "request_nonce");
                synapse.set_within(response, "status", "NOT_READY".into());
                synapse.set_within(response, "reason", "not participating".into());
            }
        }
        Ok(synapse)
    }

    async fn poll(&self, synapse: &mut Synapse, caller: &Caller) -> Result<(), AxonRefusal> {
        let name = synapse.text("job_id").unwrap_or_default().to_owned();
        let states = self.results.job(&caller.hotkey, &name).await.map_err(|e| {
            tracing::error!("the state of a job is unknown: {e}");
            AxonRefusal::new(503, "This miner cannot read its jobs now")
        })?;
        let response = "poll_response";
        synapse.set_within(response, "job_id", name.into());
        let (status, urls) = match states {
            None => ("failed", Vec::new()),
            Some(states) if states.contains(&JobState::Pending) => ("processing", Vec::new()),
            Some(states) => {
                let url = |state: JobState| match state {
                    JobState::Done(url) => url,
                    _ => String::new(),
                };
                let urls: Vec<String> = states.into_iter().map(url).collect();
                let none = urls.iter().all(String::is_empty);
                (if none { "failed" } else { "completed" }, urls)
            }
        };
        synapse.set_within(response, "status", status.into());
        answer(synapse, response, &urls);
        Ok(())
    }
}

/// Addresses in both forms: the list, and the first one that is none of nothing.
pub(super) fn answer(synapse: &mut Synapse, object: &str, urls: &[String]) {
    let lists = synapse.field(object).is_none_or(|o| {
        o.get("optimized_video_urls").is_some() || o.get("optimized_video_url").is_none()
    });
    let made = urls.iter().any(|url| !url.is_empty());
    if lists {
        let list = if made { json!(urls) } else { json!([]) };
        synapse.set_within(object, "optimized_video_urls", list);
    }
    let first = urls.first().cloned().unwrap_or_default();
    synapse.set_within(object, "optimized_video_url", first.into());
}

fn echo(synapse: &mut Synapse, object: &str, field: &str, of: &str) {
    let value = synapse.text(of).unwrap_or_default().to_owned();
    synapse.set_within(object, field, value.into());
}

async fn call(State(server): State<Arc<AxonServer>>, request: HttpRequest) -> Response {
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let name = path.trim_start_matches('/');
    if !matches!(parts.method, Method::POST | Method::GET) {
        let body = json!({"detail": "Method Not Allowed"}).to_string();
        return json_answer(StatusCode::METHOD_NOT_ALLOWED, body);
    }
    if size_of(&parts.headers) > LARGEST_HEADERS {
        return (StatusCode::BAD_REQUEST, "the headers are too large\n").into_response();
    }
    let clean = name.strip_suffix('/').unwrap_or(name);
    let Some((clean, class)) = Class::by_name(clean) else {
        let known: Vec<String> = Class::ALL.iter().map(|(n, _)| format!("'{n}'")).collect();
        let shown: String = name.chars().take(100).collect();
        let message = format!(
            "Synapse name '{shown}' not found. Available synapses [{}]",
            known.join(", ")
        );
        return refuse(&server, "Synapse", &AxonRefusal::new(404, message), start);
    };
    match answered(
        &server,
        clean,
        class,
        &parts.headers,
        name != clean,
        body,
        start,
    )
    .await
    {
        Ok(response) => {
            count(clean, "answered");
            response
        }
        Err(refusal) => {
            count(clean, "refused");
            tracing::debug!("{clean}: {refusal}");
            refuse(&server, clean, &refusal, start)
        }
    }
}

async fn answered(
    server: &AxonServer,
    name: &'static str,
    class: Class,
    headers: &HeaderMap,
    slash: bool,
    body: Body,
    start: Instant,
) -> Result<Response, AxonRefusal> {
    let known = Headers::from(headers);
    let head = AxonHeaders::read(&known)?;
    let caller = server.admit(class, &head).await?;
    if slash {
        // The route without it is the right one. Its repeat needs a nonce of its own.
        let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
        if let Ok(place) = HeaderValue::from_str(&format!("/{name}")) {
            response.headers_mut().insert(header::LOCATION, place);
        }
        return Ok(response);
    }
    let kind = known.only("content-type").unwrap_or("application/json");
    if !kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/json")
    {
        return Err(AxonRefusal::new(400, "The body must be application/json"));
    }
    let read = tokio::time::timeout(BODY, to_bytes(body, LARGEST_BODY)).await;
    let bytes = read
        .map_err(|_| AxonRefusal::new(408, "The body did not come in time"))?
        .map_err(|_| AxonRefusal::new(413, format!("The body exceeds {LARGEST_BODY} bytes")))?;
    let synapse = Synapse::read(&bytes).map_err(|e| AxonRefusal::new(400, e.to_string()))?;
    let filled = server.fill(class, synapse, &caller).await?;
    let seconds = start.elapsed().as_secs_f64();
    let own = server.service.hotkey.address().to_string();
    let mut response = json_answer(StatusCode::OK, filled.answered(name, &head, &own, seconds));
    let mut all = vec![
        ("name", name.to_owned()),
        ("bt_header_axon_status_code", "200".into()),
        ("bt_header_axon_status_message", "Success".into()),
        ("bt_header_axon_process_time", format!("{seconds}")),
        ("bt_header_axon_hotkey", own),
    ];
    let mut add = |name, value: Option<String>| all.extend(value.map(|v| (name, v)));
    let text = |n: Option<u64>| n.map(|n| n.to_string());
    add("timeout", head.timeout.map(|t| t.to_string()));
    add("bt_header_axon_ip", head.axon_ip);
    add("bt_header_axon_port", text(head.axon_port));
    add("bt_header_dendrite_ip", head.ip);
    add("bt_header_dendrite_version", text(head.version));
    add("bt_header_dendrite_nonce", text(head.nonce));
    add("bt_header_dendrite_uuid", head.uuid);
    add("bt_header_dendrite_hotkey", head.hotkey);
    add("bt_header_dendrite_signature", head.signature);
    add("computed_body_hash", head.body_hash);
    put(response.headers_mut(), all);
    Ok(response)
}

fn refuse(
    server: &AxonServer,
    name: &'static str,
    refusal: &AxonRefusal,
    start: Instant,
) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_answer(status, refusal.body());
    let all = vec![
        ("name", name.to_owned()),
        ("bt_header_axon_status_code", refusal.status.to_string()),
        ("bt_header_axon_status_message", refusal.message.clone()),
        (
            "bt_header_axon_process_time",
            format!("{}", start.elapsed().as_secs_f64()),
        ),
        (
            "bt_header_axon_hotkey",
            server.service.hotkey.address().to_string(),
        ),
    ];
    put(response.headers_mut(), all);
    response
}

fn put(headers: &mut HeaderMap, all: Vec<(&'static str, String)>) {
    for (name, value) in all {
        // Values were checked to be printable when they came, or are ours.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn size_of(headers: &HeaderMap) -> usize {
    let one = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    headers.iter().map(one).sum()
}

fn count(name: &'static str, outcome: &'static str) {
    metrics::counter!("vidaio_synapses_total", "class" => name, "outcome" => outcome).increment(1);
}
