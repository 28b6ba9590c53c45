//! The connection: every call has a time limit, is counted, and its error is kept.
//!
//! The layers above wrap errors many times over; errors of the connection are reported from here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use subxt::ext::jsonrpsee::core::client::Error as JsonRpcError;
use subxt::rpcs::client::{RawRpcFuture, RawRpcSubscription, RawValue, RpcClientT};
use subxt::rpcs::{Error as RpcError, RpcClient};

use super::error::ChainError;

/// Most characters that are kept of a node's refusal. Our choice.
const LONGEST_WORDS: usize = 300;

/// Calls and bytes of JSON, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Tally {
    /// Calls.
    pub calls: u64,
    /// Bytes of parameters that were sent.
    pub sent: u64,
    /// Bytes of results that came.
    pub received: u64,
}

/// State of a connection.
#[derive(Debug, Default)]
pub(super) struct WireState {
    tally: Mutex<Tally>,
    fault: Mutex<Option<ChainError>>,
    metadata: Mutex<Option<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing panics while it holds one of these; what is in them is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WireState {
    pub(super) fn tally(&self) -> Tally {
        *locked(&self.tally)
    }

    /// The first fault on the wire since it was last asked for. Later ones follow from it.
    pub(super) fn fault(&self) -> Option<ChainError> {
        locked(&self.fault).take()
    }

    /// The response that held metadata, as it was received; the second call returns none.
    pub(super) fn metadata(&self) -> Option<String> {
        locked(&self.metadata).take()
    }
}

/// A client with a time limit, counts and the first error of every call.
pub(super) struct BoundedClient {
    inner: RpcClient,
    endpoint: String,
    response: Duration,
    wire: Arc<WireState>,
}

impl BoundedClient {
    pub(super) fn new(
        inner: RpcClient,
        endpoint: &str,
        response: Duration,
    ) -> (Self, Arc<WireState>) {
        let wire = Arc::new(WireState::default());
        let line = Self {
            inner,
            endpoint: endpoint.to_owned(),
            response,
            wire: Arc::clone(&wire),
        };
        (line, wire)
    }

    fn explain(&self, method: &str, error: &RpcError) -> ChainError {
        let endpoint = self.endpoint.clone();
        let method = method.to_owned();
        match error {
            RpcError::User(refusal) if says_pruned(&refusal.message, refusal.data.as_deref()) => {
                ChainError::Pruned {
                    endpoint,
                    block: "the block asked for".into(),
                }
            }
            RpcError::User(refusal) => ChainError::Refused {
                endpoint,
                method,
                code: refusal.code,
                message: refusal.message.chars().take(LONGEST_WORDS).collect(),
            },
            other if is_no_json(other) => ChainError::Garbage {
                endpoint,
                method,
                why: cause(other),
            },
            other => ChainError::Closed {
                endpoint,
                method,
                why: cause(other),
            },
        }
    }
}

/// Nodes report it in the message only.
fn says_pruned(message: &str, data: Option<&RawValue>) -> bool {
    let data = data.map_or("", RawValue::get);
    [message, data].iter().any(|text| {
        text.contains("State already discarded")
            || text.contains("UnknownBlock")
            || text.contains("Unknown block")
            || text.contains("state is not available")
    })
}

/// The error of the connection that others wrap.
fn connection_error(error: &RpcError) -> Option<&JsonRpcError> {
    let RpcError::Client(inner) = error else {
        return None;
    };
    if let Some(deeper) = inner.downcast_ref::<RpcError>() {
        return connection_error(deeper);
    }
    match inner.downcast_ref::<JsonRpcError>()? {
        JsonRpcError::RestartNeeded(why) => Some(why),
        other => Some(other),
    }
}

/// Whether what came was no JSON, which ends the connection from this side.
fn is_no_json(error: &RpcError) -> bool {
    matches!(
        connection_error(error),
        Some(JsonRpcError::ParseError(_) | JsonRpcError::Custom(_))
    )
}

/// What went wrong on the connection, without what wraps it.
pub(super) fn cause(error: &RpcError) -> String {
    match connection_error(error) {
        Some(JsonRpcError::Transport(why)) => innermost(&**why),
        Some(other) => innermost(other),
        None => innermost(error),
    }
}

/// What is asked for: of a runtime call its function.
fn name_of<'a>(method: &'a str, params: &'a str) -> &'a str {
    if method != "state_call" {
        return method;
    }
    params.split('"').nth(1).unwrap_or(method)
}

/// The innermost cause.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

impl RpcClientT for BoundedClient {
    fn request_raw<'a>(
        &'a self,
        method: &'a str,
        params: Option<Box<RawValue>>,
    ) -> RawRpcFuture<'a, Box<RawValue>> {
        Box::pin(async move {
            let asked = params.as_ref().map_or("", |p| p.get()).to_owned();
            let name = name_of(method, &asked);
            {
                let mut tally = locked(&self.wire.tally);
                tally.calls += 1;
                tally.sent += asked.len() as u64;
            }
            let response =
                tokio::time::timeout(self.response, self.inner.request_raw(method, params)).await;
            let result = match response {
                Ok(Ok(result)) => result,
                Ok(Err(error)) => {
                    let fault = self.explain(name, &error);
                    locked(&self.wire.fault).get_or_insert(fault);
                    return Err(error);
                }
                Err(_) => {
                    let fault = ChainError::Timeout {
                        endpoint: self.endpoint.clone(),
                        what: name.to_owned(),
                        after: self.response,
                    };
                    locked(&self.wire.fault).get_or_insert(fault.clone());
                    return Err(RpcError::Client(Box::new(fault)));
                }
            };
            locked(&self.wire.tally).received += result.get().len() as u64;
            if name == "Metadata_metadata_at_version" {
                *locked(&self.wire.metadata) = Some(result.get().to_owned());
            }
            Ok(result)
        })
    }

    fn subscribe_raw<'a>(
        &'a self,
        sub: &'a str,
        params: Option<Box<RawValue>>,
        unsub: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        self.inner.subscribe_raw(sub, params, unsub)
    }
}
