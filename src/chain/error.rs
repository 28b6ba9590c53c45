//! What can go wrong between here and the chain.

use std::time::Duration;

/// Why the chain could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No connection.
    #[error("{endpoint}: no connection ({why})")]
    Connect { endpoint: String, why: String },
    /// The node went away.
    #[error("{endpoint}: the node closed the connection during {method} ({why})")]
    Closed {
        endpoint: String,
        method: String,
        /// What the connection said.
        why: String,
    },
    /// No response in time.
    #[error("{endpoint}: no answer to {what} within {} s", after.as_secs_f64())]
    Timeout {
        /// The endpoint, or all of them.
        endpoint: String,
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
    },
    /// The node refuses a call.
    #[error("{endpoint}: the node refuses {method}: {message} (code {code})")]
    Refused {
        endpoint: String,
        method: String,
        /// Its code.
        code: i32,
        /// Its words.
        message: String,
    },
    /// The response cannot be understood.
    #[error("{endpoint}: the answer to {method} makes no sense ({why})")]
    Garbage {
        endpoint: String,
        method: String,
        why: String,
    },
    /// Another chain than was asked for.
    #[error(
        "{endpoint}: it serves another chain than {network}: its first block is {found}, not {expected}"
    )]
    OtherChain {
        endpoint: String,
        /// The network.
        network: String,
        /// Genesis that it has.
        found: String,
        /// Genesis that it should have.
        expected: String,
    },
    /// A chain without subnets.
    #[error("{endpoint}: its chain has no subnets: it is not Bittensor's (runtime {spec_version})")]
    NoSubnets {
        endpoint: String,
        /// Version of its runtime.
        spec_version: u32,
    },
    /// There is no such subnet.
    #[error("{endpoint}: there is no subnet {netuid} at block {block}")]
    NoSubnet {
        endpoint: String,
        /// The number.
        netuid: u16,
        block: u64,
    },
    /// There is no such block yet.
    #[error("{endpoint}: the chain has no block {block}")]
    NoBlock { endpoint: String, block: u64 },
    /// The chain will not have a transaction.
    #[error("{endpoint}: the chain refuses {call}: {why}")]
    Rejected {
        endpoint: String,
        call: String,
        /// In words.
        why: String,
    },
    /// The node has forgotten that block.
    #[error("{endpoint}: the node no longer has the state of block {block}")]
    Pruned {
        endpoint: String,
        /// The block, or `the newest`.
        block: String,
    },
}

impl ChainError {
    /// Whether the same endpoint would return the same error again.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.is_response()
            || matches!(
                self,
                Self::OtherChain { .. } | Self::NoSubnets { .. } | Self::Pruned { .. }
            )
    }

    /// Whether the error comes from the chain, not from the connection.
    #[must_use]
    pub fn is_response(&self) -> bool {
        matches!(self, Self::NoSubnet { .. } | Self::NoBlock { .. })
    }

    /// With the block that was asked for, which a fault on the wire does not know.
    pub(super) fn at_block(self, asked: Option<u64>) -> Self {
        match self {
            Self::Pruned { endpoint, .. } => Self::Pruned {
                endpoint,
                block: asked.map_or_else(|| "the newest".into(), |b| b.to_string()),
            },
            other => other,
        }
    }
}
