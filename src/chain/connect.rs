//! From a network's name to a chain at one block: endpoints in turn, with pauses that grow.

use std::sync::Arc;

use subxt::backend::LegacyBackend;
use subxt::client::OnlineClientAtBlock;
use subxt::config::substrate::H256;
use subxt::rpcs::RpcClient;
use subxt::rpcs::methods::legacy::LegacyRpcMethods;
use subxt::{OnlineClient, error::OnlineClientAtBlockError};

use super::cache::{Cached, MetadataCache};
use super::error::ChainError;
use super::network::Network;
use super::patience::Patience;
use super::rpc::{Line, Watched, innermost};

pub use super::rpc::Tally;

/// What is wanted, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The network.
    pub network: Network,
    /// Limits of time.
    pub patience: Patience,
    /// Metadata on disk.
    pub cache: Option<MetadataCache>,
}

/// A connection to one node.
pub struct Chain {
    pub(super) client: OnlineClient<Cached>,
    pub(super) endpoint: String,
    pub(super) genesis: H256,
    watched: Arc<Watched>,
}

/// A chain at one block.
pub(super) type At = OnlineClientAtBlock<Cached>;

/// What happened on the way that a person should know.
pub type Note<'a> = &'a (dyn Fn(&ChainError) + 'a);

impl Chain {
    /// Connects to one endpoint.
    async fn connect(asked: &Asked, endpoint: &str) -> Result<Self, ChainError> {
        let patience = asked.patience;
        let no_connection = |why: String| ChainError::Connect {
            endpoint: endpoint.to_owned(),
            why,
        };
        // Two libraries of the tree bring a provider of cryptography each, so one must be chosen.
        // The second call finds it chosen and says so, which is no error.
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        let connected =
            tokio::time::timeout(patience.connect, RpcClient::from_insecure_url(endpoint)).await;
        let inner = match connected {
            Ok(Ok(client)) => client,
            Ok(Err(e)) => return Err(no_connection(innermost(&e))),
            Err(_) => {
                return Err(ChainError::Timeout {
                    endpoint: endpoint.to_owned(),
                    what: "the connection".into(),
                    after: patience.connect,
                });
            }
        };
        let (line, watched) = Line::new(inner, endpoint, patience.answer);
        let rpc = RpcClient::new(line);
        let methods = LegacyRpcMethods::<subxt::config::RpcConfigFor<Cached>>::new(rpc.clone());
        let genesis = methods
            .genesis_hash()
            .await
            .map_err(|e| garbled(endpoint, "chain_getBlockHash", &watched, &e))?;
        let found = format!("0x{}", hex::encode(genesis));
        if let Some(expected) = asked
            .network
            .genesis()
            .filter(|expected| *expected != found)
        {
            return Err(ChainError::OtherChain {
                endpoint: endpoint.to_owned(),
                network: asked.network.to_string(),
                found,
                expected: expected.to_owned(),
            });
        }
        let config = Cached::new(genesis, asked.cache.clone(), Arc::clone(&watched));
        // The default backend tries newer methods first and, when all fail, tells of the last failure,
        // which hides what the node said.
        let backend = LegacyBackend::<Cached>::builder()
            .storage_page_size(512)
            .build(rpc);
        let client = OnlineClient::from_backend_with_config(config, Arc::new(backend))
            .await
            .map_err(|e| garbled(endpoint, "chain_getBlockHash", &watched, &e))?;
        Ok(Self {
            client,
            endpoint: endpoint.to_owned(),
            genesis,
            watched,
        })
    }

    /// Calls and bytes so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.watched.tally()
    }

    /// Number of the newest block that is final.
    ///
    /// # Errors
    /// Anything from the wire.
    pub async fn head(&self) -> Result<u64, ChainError> {
        Ok(self.at(None).await?.block_number())
    }

    /// The chain at a block; without a number at the newest final one.
    pub(super) async fn at(&self, block: Option<u64>) -> Result<At, ChainError> {
        let at = match block {
            Some(number) => self.client.at_block(number).await,
            None => self.client.at_current_block().await,
        };
        at.map_err(|e| match (&e, block) {
            (OnlineClientAtBlockError::BlockNotFound { block_number }, _) => ChainError::NoBlock {
                endpoint: self.endpoint.clone(),
                block: *block_number,
            },
            (_, block) => match self.explain("Core_version", &e) {
                ChainError::Pruned { endpoint, .. } => ChainError::Pruned {
                    endpoint,
                    block: block.map_or_else(|| "the newest".into(), |b| b.to_string()),
                },
                other => other,
            },
        })
    }

    /// Leaves a fault on the wire unsaid.
    pub(super) fn forget_fault(&self) {
        let _unsaid = self.watched.fault();
    }

    /// What an error of the layers above comes from: the wire, where something failed there, else the
    /// answer.
    pub(super) fn explain(
        &self,
        method: &str,
        error: &(dyn std::error::Error + 'static),
    ) -> ChainError {
        garbled(&self.endpoint, method, &self.watched, error)
    }
}

fn garbled(
    endpoint: &str,
    method: &str,
    watched: &Watched,
    error: &(dyn std::error::Error + 'static),
) -> ChainError {
    watched.fault().unwrap_or_else(|| ChainError::Garbage {
        endpoint: endpoint.to_owned(),
        method: method.to_owned(),
        why: innermost(error),
    })
}

/// Does something with a chain. Endpoints are tried in turn and the whole list several times over;
/// `note` is told of each that failed.
///
/// # Errors
/// What the last endpoint said, once all have failed or the time is over; at once what no other node
/// would say differently.
pub async fn with_chain<T>(
    asked: &Asked,
    note: Note<'_>,
    act: impl AsyncFn(&Chain) -> Result<T, ChainError>,
) -> Result<T, ChainError> {
    let total = asked.patience.total;
    let all = asked.network.endpoints();
    let tried = tokio::time::timeout(total, rounds(asked, &all, note, &act)).await;
    tried.unwrap_or_else(|_| {
        Err(ChainError::Timeout {
            endpoint: all.join(", "),
            what: "the whole question".into(),
            after: total,
        })
    })
}

async fn rounds<T>(
    asked: &Asked,
    endpoints: &[String],
    note: Note<'_>,
    act: &impl AsyncFn(&Chain) -> Result<T, ChainError>,
) -> Result<T, ChainError> {
    let mut left: Vec<&String> = endpoints.iter().collect();
    let mut last = None;
    for round in 0..asked.patience.rounds.max(1) {
        tokio::time::sleep(asked.patience.before(round)).await;
        let mut again = Vec::new();
        for endpoint in left {
            let tried = match Chain::connect(asked, endpoint).await {
                Ok(chain) => act(&chain).await,
                Err(e) => Err(e),
            };
            match tried {
                Ok(done) => return Ok(done),
                Err(e) if !e.may_pass() => return Err(e),
                Err(e) => {
                    note(&e);
                    if !e.is_settled() {
                        again.push(endpoint);
                    }
                    last = Some(e);
                }
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
