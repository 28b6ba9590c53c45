//! The routes of the axon: head, signature, body and class of a synapse, and the response.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::json;

use super::class::Class;
use super::headers::AxonHeaders;
use super::refusal::AxonRefusal;
use super::server::AxonServer;
use super::synapse::Synapse;
use crate::miner::headers::Headers;
use crate::miner::listen::json_response;

/// Bytes of the largest body. Our choice: five URLs take a few thousand.
const MAX_BODY: usize = 1 << 20;
/// Bytes of all headers together; the network's own server accepts about as many.
const MAX_HEADERS: usize = 64 * 1024;
/// Time for a body. Our choice.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

impl AxonServer {
    /// Its routes: every class of synapses, and a refusal that lists them for any other name.
    pub fn router(self) -> Router {
        Router::new().fallback(any(call)).with_state(Arc::new(self))
    }
}

async fn call(State(server): State<Arc<AxonServer>>, request: Request) -> Response {
    let start = Instant::now();
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let name = path.trim_start_matches('/');
    if !matches!(parts.method, Method::POST | Method::GET) {
        let body = json!({"detail": "Method Not Allowed"}).to_string();
        return json_response(StatusCode::METHOD_NOT_ALLOWED, body);
    }
    if size_of(&parts.headers) > MAX_HEADERS {
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
    let call = Call {
        name: clean,
        class,
        has_slash: name != clean,
        start,
    };
    match respond(&server, &call, &parts.headers, body).await {
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

/// A call of a class that exists.
struct Call {
    name: &'static str,
    class: Class,
    /// Whether the route ended with a slash.
    has_slash: bool,
    start: Instant,
}

async fn respond(
    server: &AxonServer,
    call: &Call,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, AxonRefusal> {
    let known = Headers::from(headers);
    let head = AxonHeaders::read(&known)?;
    let caller = server.admit(call.class, &head).await?;
    if call.has_slash {
        // The route without the slash is the right one. The caller needs a new nonce for it.
        let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
        if let Ok(location) = HeaderValue::from_str(&format!("/{}", call.name)) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        return Ok(response);
    }
    let synapse = read_synapse(&known, body).await?;
    let filled = server.fill(call.class, synapse, &caller).await?;
    let seconds = call.start.elapsed().as_secs_f64();
    let own = server.service.hotkey.address().to_string();
    let body = filled.into_response(call.name, &head, &own, seconds);
    let mut response = json_response(StatusCode::OK, body);
    put(
        response.headers_mut(),
        response_headers(call.name, head, own, seconds),
    );
    Ok(response)
}

async fn read_synapse(headers: &Headers, body: Body) -> Result<Synapse, AxonRefusal> {
    let kind = headers.only("content-type").unwrap_or("application/json");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(AxonRefusal::new(400, "The body must be application/json"));
    }
    let read = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY)).await;
    let bytes = read
        .map_err(|_| AxonRefusal::new(408, "The body did not come in time"))?
        .map_err(|_| AxonRefusal::new(413, format!("The body exceeds {MAX_BODY} bytes")))?;
    Synapse::read(&bytes).map_err(|e| AxonRefusal::new(400, e.to_string()))
}

/// The headers of a response: what became of the call, and the caller's own headers that were sent.
fn response_headers(
    name: &str,
    head: AxonHeaders,
    own_hotkey: String,
    seconds: f64,
) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("name", name.to_owned()),
        ("bt_header_axon_status_code", "200".into()),
        ("bt_header_axon_status_message", "Success".into()),
        ("bt_header_axon_process_time", format!("{seconds}")),
        ("bt_header_axon_hotkey", own_hotkey),
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
    all
}

fn refuse(
    server: &AxonServer,
    name: &'static str,
    refusal: &AxonRefusal,
    start: Instant,
) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_response(status, refusal.body());
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
        // Values were checked to be printable when they were read, or are ours.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Bytes of the headers on the wire.
fn size_of(headers: &HeaderMap) -> usize {
    let one = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
    headers.iter().map(one).sum()
}

fn count(name: &'static str, outcome: &'static str) {
    metrics::counter!("vidaio_synapses_total", "class" => name, "outcome" => outcome).increment(1);
}
