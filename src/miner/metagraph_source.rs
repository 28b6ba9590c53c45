//! Where the metagraph comes from: the chain, or a snapshot that takes its place.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::chain::{ChainError, ConnectOptions, block_on, read_metagraph, with_chain};
use crate::subnet::Metagraph;

/// Where the metagraph comes from.
#[derive(Debug, Clone)]
pub enum MetagraphSource {
    /// A node of the chain.
    Chain {
        options: Box<ConnectOptions>,
        netuid: u16,
    },
    /// A file, read again when it changes, of which `netuid` is checked.
    Snapshot { path: PathBuf, netuid: u16 },
}

/// Why a metagraph could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetagraphSourceError {
    #[error("{0}")]
    Chain(#[from] ChainError),
    #[error("{}: {what}", path.display())]
    Snapshot { path: PathBuf, what: String },
    /// No thread or no runtime to ask the chain with.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl MetagraphSource {
    /// Reads the metagraph once.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn read(&self) -> Result<Metagraph, MetagraphSourceError> {
        match self {
            Self::Chain { options, netuid } => {
                let note = |e: &ChainError| tracing::warn!("{e}");
                let read = block_on(with_chain(options, &note, async |chain| {
                    read_metagraph(chain, &options.network, *netuid, None).await
                }))??;
                Ok(read)
            }
            Self::Snapshot { path, netuid } => {
                let wrong = |what: String| MetagraphSourceError::Snapshot {
                    path: path.clone(),
                    what,
                };
                let bytes = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
                let metagraph = Metagraph::from_json(&bytes).map_err(|e| wrong(e.to_string()))?;
                if metagraph.netuid != *netuid {
                    let of = metagraph.netuid;
                    return Err(wrong(format!("it is of subnet {of}, not of {netuid}")));
                }
                Ok(metagraph)
            }
        }
    }

    /// When a snapshot was last written; nothing for the chain.
    pub(super) fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Chain { .. } => None,
            Self::Snapshot { path, .. } => std::fs::metadata(path).and_then(|m| m.modified()).ok(),
        }
    }
}
