//! Tells the chain where a miner serves.
//!
//! Source: `serve_axon` of the SubtensorModule, whose refusals come as numbers before any block: CHAIN,
//! section 4, as seen on a local chain of runtime 393.

use std::fmt;
use std::net::IpAddr;

use subxt::dynamic::{self, Value};
use subxt::error::ExtrinsicError;
use subxt::transactions::{DefaultParams, Signer, TransactionInvalid, ValidationResult};
use subxt::utils::{AccountId32, MultiSignature};

use super::cache::Cached;
use super::connect::Chain;
use super::error::ChainError;
use crate::subnet::Axon;
use crate::wallet::Hotkey;

/// The number that newer software writes for its version.
const VERSION: u128 = 1;
/// What older software calls the protocol.
const PROTOCOL: u128 = 4;

/// Where a miner serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

impl From<Axon> for Endpoint {
    fn from(axon: Axon) -> Self {
        Self {
            ip: axon.ip,
            port: axon.port,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            IpAddr::V4(ip) => write!(f, "{ip}:{}", self.port),
            IpAddr::V6(ip) => write!(f, "[{ip}]:{}", self.port),
        }
    }
}

impl Endpoint {
    /// Why the chain, or validators, would have nothing of it.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        if self.port == 0 {
            return Some("port 0 is none");
        }
        match self.ip {
            ip if ip.is_unspecified() => Some("this address means that nothing is served"),
            ip if ip.is_loopback() => Some("the chain refuses the address of a machine itself"),
            IpAddr::V4(ip) if ip.is_broadcast() => Some("the chain refuses this address"),
            IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => {
                Some("validators call only addresses that are reached from everywhere")
            }
            _ => None,
        }
    }
}

/// A hotkey as the library signs with it.
struct Signing<'a>(&'a Hotkey);

impl Signer<Cached> for Signing<'_> {
    fn account_id(&self) -> AccountId32 {
        AccountId32(*self.0.address().public_key())
    }

    fn sign(&self, payload: &[u8]) -> MultiSignature {
        MultiSignature::Sr25519(*self.0.sign(payload).bytes())
    }
}

/// Asks the chain to note where a hotkey serves. Gives the hash of the transaction once a node has taken it;
/// the metagraph shows whether it came into a block.
///
/// # Errors
/// The chain refuses, in words; or anything from the wire.
pub async fn serve_axon(
    chain: &Chain,
    netuid: u16,
    endpoint: Endpoint,
    hotkey: &Hotkey,
) -> Result<String, ChainError> {
    let at = chain.at(None).await?;
    let (ip, kind) = match endpoint.ip {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 4),
        IpAddr::V6(ip) => (u128::from(ip), 6),
    };
    let number = |name: &str, value: u128| (name.to_owned(), Value::u128(value));
    let fields = [
        number("netuid", u128::from(netuid)),
        number("version", VERSION),
        number("ip", ip),
        number("port", u128::from(endpoint.port)),
        number("ip_type", kind),
        number("protocol", PROTOCOL),
        number("placeholder1", 0),
        number("placeholder2", 0),
    ];
    let call = dynamic::tx(
        "SubtensorModule",
        "serve_axon",
        Value::named_composite(fields),
    );
    let failed = |e: ExtrinsicError| chain.explain("serve_axon", &e);
    let transaction = at
        .tx()
        .create_signed(&call, &Signing(hotkey), DefaultParams::default_params())
        .await
        .map_err(failed)?;
    let why = match transaction.validate().await.map_err(failed)? {
        ValidationResult::Valid(_) => None,
        ValidationResult::Invalid(why) => Some(meaning(&why)),
        ValidationResult::Unknown(why) => Some(format!("the node cannot tell ({why:?})")),
    };
    if let Some(why) = why {
        return Err(ChainError::Rejected {
            endpoint: chain.endpoint().to_owned(),
            call: "serve_axon".into(),
            why,
        });
    }
    let hash = transaction.submit().await.map_err(failed)?;
    Ok(format!("{hash:?}"))
}

/// A refusal in words.
fn meaning(why: &TransactionInvalid) -> String {
    match why {
        TransactionInvalid::Custom(3) => "there is no such subnet".into(),
        TransactionInvalid::Custom(6) => "too many calls in too short a time".into(),
        TransactionInvalid::Custom(10) => "the hotkey is not registered on this subnet".into(),
        TransactionInvalid::Custom(11) => "the chain takes no such address".into(),
        TransactionInvalid::Custom(12) => {
            "an endpoint was told less than 50 blocks (ten minutes) ago; try again later".into()
        }
        TransactionInvalid::Custom(13) => "port 0 is none".into(),
        TransactionInvalid::Custom(other) => format!("the runtime refuses with its number {other}"),
        TransactionInvalid::Payment => "the owning coldkey cannot pay the fee".into(),
        TransactionInvalid::Stale | TransactionInvalid::Future => {
            "another transaction of this hotkey came between; try again".into()
        }
        TransactionInvalid::BadProof => {
            "the signature does not fit this runtime; a newer vidaio may be needed".into()
        }
        other => format!("{other:?}"),
    }
}
