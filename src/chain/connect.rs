//! From a network's name to a chain at one block: endpoints in turn, with pauses that grow.

use std::sync::Arc;

use subxt::backend::LegacyBackend;
use subxt::client::OnlineClientAtBlock;
use subxt::rpcs::RpcClient;
use subxt::rpcs::methods::legacy::LegacyRpcMethods;
use subxt::{OnlineClient, error::OnlineClientAtBlockError};

use super::cache::{Cached, MetadataCache};
use super::error::ChainError;
use super::limits::TimeLimits;
use super::network::{Network, host_of};
use super::rpc::{BoundedClient, WireState, cause, innermost};

pub use super::rpc::Tally;

/// Which network to connect to, and how long to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The network.
    pub network: Network,
    /// Limits of time.
    pub limits: TimeLimits,
    /// Metadata on disk.
    pub cache: Option<MetadataCache>,
}

/// A connection to one node.
pub struct Chain {
    pub(super) client: OnlineClient<Cached>,
    pub(super) endpoint: String,
    /// Hash of the chain's first block, as it is written.
    pub(super) genesis: String,
    wire: Arc<WireState>,
}

/// A chain at one block.
pub(super) type At = OnlineClientAtBlock<Cached>;

/// Called with each failed attempt.
pub type Note<'a> = &'a (dyn Fn(&ChainError) + 'a);

impl Chain {
    /// Connects to one endpoint.
    async fn connect(asked: &ConnectOptions, endpoint: &str) -> Result<Self, ChainError> {
        let limits = asked.limits;
        let no_connection = |why: String| ChainError::Connect {
            endpoint: host_of(endpoint),
            why,
        };
        // subxt resolves names without yielding, so a task of its own makes the connection.
        let url = endpoint.to_owned();
        let connecting = tokio::spawn(async move { RpcClient::from_insecure_url(url).await });
        let inner = match tokio::time::timeout(limits.connect, connecting).await {
            Ok(Ok(Ok(client))) => client,
            Ok(Ok(Err(e))) => return Err(no_connection(cause(&e))),
            Ok(Err(e)) => return Err(no_connection(e.to_string())),
            Err(_) => {
                return Err(ChainError::Timeout {
                    endpoint: host_of(endpoint),
                    what: "the connection".into(),
                    after: limits.connect,
                });
            }
        };
        let endpoint = &host_of(endpoint);
        let (line, wire) = BoundedClient::new(inner, endpoint, limits.response);
        let rpc = RpcClient::new(line);
        let methods = LegacyRpcMethods::<subxt::config::RpcConfigFor<Cached>>::new(rpc.clone());
        let genesis = methods
            .genesis_hash()
            .await
            .map_err(|e| garbled(endpoint, "chain_getBlockHash", &wire, &e))?;
        let found = format!("0x{}", hex::encode(genesis));
        if let Some(expected) = asked
            .network
            .genesis()
            .filter(|expected| *expected != found)
        {
            return Err(ChainError::OtherChain {
                endpoint: endpoint.clone(),
                network: asked.network.to_string(),
                found,
                expected: expected.to_owned(),
            });
        }
        let config = Cached::new(genesis, asked.cache.clone(), Arc::clone(&wire));
        // The default backend tries newer methods first and, when all fail, reports the last failure,
        // which hides what the node said.
        let backend = LegacyBackend::<Cached>::builder()
            .storage_page_size(512)
            .build(rpc);
        let client = OnlineClient::from_backend_with_config(config, Arc::new(backend))
            .await
            .map_err(|e| garbled(endpoint, "chain_getBlockHash", &wire, &e))?;
        Ok(Self {
            client,
            endpoint: endpoint.clone(),
            genesis: found,
            wire,
        })
    }

    /// The node, without what may be a secret in its address.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls and bytes so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.wire.tally()
    }

    /// Number of the newest block that is final.
    ///
    /// # Errors
    /// Anything from the wire.
    pub async fn head(&self) -> Result<u64, ChainError> {
        Ok(self.at(None).await?.block_number())
    }

    /// Unix seconds of the newest final block, where the runtime has them.
    ///
    /// # Errors
    /// Anything from the wire.
    pub async fn time(&self) -> Result<Option<f64>, ChainError> {
        let at = self.at(None).await?;
        let address = subxt::dynamic::storage::<(), u64>("Timestamp", "Now");
        let found = at.storage().try_fetch(address, ()).await;
        let found = found.map_err(|e| self.explain("Timestamp.Now", &e))?;
        let milliseconds = found.and_then(|value| value.decode().ok());
        Ok(milliseconds.map(|ms: u64| ms as f64 / 1000.0))
    }

    /// The chain at a block; without a number at the newest final one.
    pub(super) async fn at(&self, block: Option<u64>) -> Result<At, ChainError> {
        let at = match block {
            Some(number) => self.client.at_block(number).await,
            None => self.client.at_current_block().await,
        };
        let at = at.map_err(|e| match &e {
            OnlineClientAtBlockError::BlockNotFound { block_number } => ChainError::NoBlock {
                endpoint: self.endpoint.clone(),
                block: *block_number,
            },
            other => self.explain(step_of(other), &e).at_block(block),
        })?;
        // Where the request for the newest metadata failed, subxt used old metadata without runtime calls
        // silently. That is right only for a node that does not know the method.
        match self.wire.fault() {
            Some(ChainError::Refused { message, .. }) if message.contains("not found") => Ok(at),
            Some(fault) => Err(fault.at_block(block)),
            None => Ok(at),
        }
    }

    /// Leaves a fault on the wire unsaid.
    pub(super) fn forget_fault(&self) {
        let _unsaid = self.wire.fault();
    }

    /// What an error of the layers above comes from: the wire, where something failed there, else the
    /// answer.
    pub(super) fn explain(
        &self,
        method: &str,
        error: &(dyn std::error::Error + 'static),
    ) -> ChainError {
        garbled(&self.endpoint, method, &self.wire, error)
    }
}

/// The call at which getting to a block failed.
fn step_of(error: &OnlineClientAtBlockError) -> &'static str {
    use OnlineClientAtBlockError as E;
    match error {
        E::CannotGetCurrentBlock { .. } => "chain_getFinalizedHead",
        E::CannotGetBlockHash { .. } => "chain_getBlockHash",
        E::CannotGetBlockHeader { .. } | E::BlockHeaderNotFound { .. } => "chain_getHeader",
        E::CannotGetSpecVersion { .. } | E::CannotDecodeSpecVersion { .. } => "Core_version",
        _ => "Metadata_metadata_at_version",
    }
}

fn garbled(
    endpoint: &str,
    method: &str,
    wire: &WireState,
    error: &(dyn std::error::Error + 'static),
) -> ChainError {
    wire.fault().unwrap_or_else(|| ChainError::Garbage {
        endpoint: endpoint.to_owned(),
        method: method.to_owned(),
        why: innermost(error),
    })
}

/// Does something with a chain. Endpoints are tried in turn and the whole list several times over;
/// `note` is called with each failure.
///
/// # Errors
/// Once all have failed or the time is over: what one of them settled, else what the last one said.
pub async fn with_chain<T>(
    asked: &ConnectOptions,
    note: Note<'_>,
    act: impl AsyncFn(&Chain) -> Result<T, ChainError>,
) -> Result<T, ChainError> {
    let total = asked.limits.total;
    let all = asked.network.endpoints();
    let tried = tokio::time::timeout(total, rounds(asked, &all, note, &act)).await;
    tried.unwrap_or_else(|_| {
        let hosts: Vec<String> = all.iter().map(|url| host_of(url)).collect();
        Err(ChainError::Timeout {
            endpoint: hosts.join(", "),
            what: "the whole question".into(),
            after: total,
        })
    })
}

async fn rounds<T>(
    asked: &ConnectOptions,
    endpoints: &[String],
    note: Note<'_>,
    act: &impl AsyncFn(&Chain) -> Result<T, ChainError>,
) -> Result<T, ChainError> {
    let mut left: Vec<&String> = endpoints.iter().collect();
    let mut last: Option<ChainError> = None;
    for round in 0..asked.limits.rounds.max(1) {
        tokio::time::sleep(asked.limits.before(round)).await;
        let mut again = Vec::new();
        for endpoint in left {
            let tried = match Chain::connect(asked, endpoint).await {
                Ok(chain) => act(&chain).await,
                Err(e) => Err(e),
            };
            let error = match tried {
                Ok(done) => return Ok(done),
                Err(e) => e,
            };
            if !error.is_settled() {
                again.push(endpoint);
            }
            // The caller reports the one error that ends the attempt.
            if endpoints.len() > 1 || !error.is_settled() {
                note(&error);
            }
            if !last.as_ref().is_some_and(ChainError::is_response) || error.is_response() {
                last = Some(error);
            }
        }
        left = again;
        if left.is_empty() {
            break;
        }
    }
    Err(last.unwrap_or_else(|| ChainError::Connect {
        endpoint: asked.network.to_string(),
        why: "it names no endpoint".into(),
    }))
}
