//! Networks by name, and the endpoints they are read from.
//!
//! Source: the list of the Python SDK 11.3.0 and its fallbacks for mainnet.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Mainnet's first block, which no other chain has.
const FINNEY_GENESIS: &str = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03";

/// What stands before nodes that must serve mainnet.
const MAINNET_AT: &str = "finney@";

/// An address without what may be a secret in it: user, path and query.
pub(super) fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    format!("{scheme}://{host}")
}

/// A network, or a node by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// Mainnet.
    Finney,
    /// The public test network.
    Test,
    /// A node on this machine.
    Local,
    /// Nodes by address, tried in turn.
    Nodes {
        /// Whether they must serve mainnet.
        mainnet: bool,
        /// The addresses.
        nodes: Vec<String>,
    },
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No name and no address.
    #[error("`{0}` is neither finney, test, local nor an address that begins with wss:// or ws://")]
    Name(String),
    /// A port that no machine has.
    #[error("`{0}`: a port is a number from 1 to 65535")]
    Port(String),
    /// Nothing between two commas.
    #[error("`{0}`: there is a comma too many")]
    Comma(String),
}

/// Whether the port of an address, if it names one, is a number that a port can have.
fn port_is_possible(url: &str) -> bool {
    let host = host_of(url);
    let host = host.rsplit("://").next().unwrap_or_default();
    let after_name = host.rsplit(']').next().unwrap_or(host);
    match after_name.rsplit_once(':') {
        Some((_, port)) => port.parse::<u16>().is_ok_and(|port| port > 0),
        None => true,
    }
}

impl Network {
    /// Endpoints whose connection is not encrypted and leaves this machine, without what may be a secret.
    #[must_use]
    pub fn open_to_all(&self) -> Vec<String> {
        let leaves = |url: &String| {
            let host = host_of(url);
            let Some(host) = host.strip_prefix("ws://") else {
                return false;
            };
            let name = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
                Some((address, _)) => address,
                None => host.split(':').next().unwrap_or(host),
            };
            let own = name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
            name != "localhost" && !own
        };
        let all = self.endpoints();
        all.iter()
            .filter(|url| leaves(url))
            .map(|url| host_of(url))
            .collect()
    }

    /// Addresses, in the order in which they are tried.
    #[must_use]
    pub fn endpoints(&self) -> Vec<String> {
        let known: &[&str] = match self {
            Self::Finney => &[
                "wss://entrypoint-finney.opentensor.ai:443",
                "wss://lite.chain.opentensor.ai:443",
                "wss://lite.sub.latent.to:443",
            ],
            Self::Test => &["wss://test.finney.opentensor.ai:443"],
            Self::Local => &["ws://127.0.0.1:9944"],
            Self::Nodes { nodes, .. } => return nodes.clone(),
        };
        known.iter().map(|url| (*url).to_owned()).collect()
    }

    /// Hash of its first block, where it is known.
    #[must_use]
    pub const fn genesis(&self) -> Option<&'static str> {
        match self {
            Self::Finney | Self::Nodes { mainnet: true, .. } => Some(FINNEY_GENESIS),
            _ => None,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finney => f.pad("finney"),
            Self::Test => f.pad("test"),
            Self::Local => f.pad("local"),
            Self::Nodes { mainnet, nodes } => {
                let prefix = if *mainnet { MAINNET_AT } else { "" };
                let hosts: Vec<String> = nodes.iter().map(|node| host_of(node)).collect();
                f.pad(&format!("{prefix}{}", hosts.join(",")))
            }
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    /// A name, or addresses with commas between them; after `finney@` those of nodes that must serve
    /// mainnet.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        match text.trim() {
            "finney" => return Ok(Self::Finney),
            "test" => return Ok(Self::Test),
            "local" => return Ok(Self::Local),
            _ => {}
        }
        let text = text.trim();
        let (mainnet, list) = match text.strip_prefix(MAINNET_AT) {
            Some(list) => (true, list),
            None => (false, text),
        };
        let nodes: Vec<String> = list
            .split(',')
            .map(|node| {
                let node = node.trim();
                let host = node
                    .strip_prefix("wss://")
                    .or_else(|| node.strip_prefix("ws://"));
                match host {
                    _ if node.is_empty() => Err(NetworkError::Comma(text.to_owned())),
                    Some(host) if !host.is_empty() && port_is_possible(node) => Ok(node.to_owned()),
                    Some(host) if !host.is_empty() => Err(NetworkError::Port(host_of(node))),
                    _ => Err(NetworkError::Name(node.to_owned())),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self::Nodes { mainnet, nodes })
    }
}
