//! Errors of the chain as a person meets them.

use super::super::exit::Exit;
use super::super::failure::Failure;
use crate::chain::ChainError;

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        let exit = match &error {
            ChainError::NoSubnet { .. } | ChainError::NoBlock { .. } => Exit::Usage,
            _ => Exit::Network,
        };
        let hint = match &error {
            ChainError::Connect { .. } | ChainError::Closed { .. } => {
                "check the address (wss:// is encrypted, ws:// is not) and the connection, or name another \
                 node: --network wss://host:443"
            }
            ChainError::Timeout { .. } => {
                "try again, allow more with --timeout, or name another node"
            }
            ChainError::Refused { .. } | ChainError::Garbage { .. } => {
                "name another node: --network wss://host:443"
            }
            ChainError::OtherChain { .. } => {
                "--network names the chain; a node of another one is read by its address alone"
            }
            ChainError::Rejected { .. } => "the reason stands in the error; mend it and try again",
            ChainError::NoSubnets { .. } => "name a node of Bittensor's chain",
            ChainError::NoSubnet { .. } => {
                "check --netuid and --block; the Vidaio network is 85 on mainnet"
            }
            ChainError::NoBlock { .. } => {
                "check --block; without it the newest final block is read"
            }
            ChainError::Pruned { .. } => {
                "nodes keep the state of few blocks: name an archive node, or a snapshot with --from"
            }
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}
