//! Addresses of the chain: SS58 text with prefix 42.

use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Digest as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Prefix of Bittensor's addresses, the one for any Substrate chain.
const PREFIX: u8 = 42;
/// Bytes of the checksum that are kept.
const CHECKSUM: usize = 2;
/// Longer texts are no address; decoding takes time that grows with the square of the length.
const LONGEST: usize = 64;

/// The public key of an account, written as SS58.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 32]);

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// A character that base58 does not have, or too much text.
    #[error("it is no SS58 text")]
    NotBase58,
    /// Not the bytes of a key.
    #[error("it has {0} bytes where an address has 35")]
    Length(usize),
    /// An address of another network.
    #[error("its prefix is {0}, that of another network; Bittensor's is 42")]
    Prefix(u16),
    /// A character was lost or mistyped.
    #[error("its checksum is wrong: a character is missing or mistyped")]
    Checksum,
}

impl Address {
    /// Of a public key.
    #[must_use]
    pub const fn new(public_key: [u8; 32]) -> Self {
        Self(public_key)
    }

    /// The public key.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.0
    }

    /// Beginning and end, for tables.
    #[must_use]
    pub fn short(&self) -> String {
        let text = self.to_string();
        format!("{}…{}", &text[..6], &text[text.len() - 6..])
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM] {
    let hash = Blake2b512::new()
        .chain_update(b"SS58PRE")
        .chain_update(body)
        .finalize();
    [hash[0], hash[1]]
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 1 + 32 + CHECKSUM];
        bytes[0] = PREFIX;
        bytes[1..33].copy_from_slice(&self.0);
        let check = checksum(&bytes[..33]);
        bytes[33..].copy_from_slice(&check);
        f.pad(&bs58::encode(bytes).into_string())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > LONGEST {
            return Err(AddressError::NotBase58);
        }
        let bytes = bs58::decode(text)
            .into_vec()
            .map_err(|_| AddressError::NotBase58)?;
        // A key of 32 bytes behind a prefix of one byte, or of two from 64 on.
        let prefix = match bytes.len() {
            35 => 1,
            36 => 2,
            other => return Err(AddressError::Length(other)),
        };
        let (body, check) = bytes.split_at(bytes.len() - CHECKSUM);
        if check != checksum(body) {
            return Err(AddressError::Checksum);
        }
        match body.split_at(prefix) {
            ([PREFIX], key) => {
                let key = key.try_into().map_err(|_| AddressError::NotBase58)?;
                Ok(Self(key))
            }
            ([one], _) => Err(AddressError::Prefix((*one).into())),
            (two, _) => {
                // The bits of the two bytes lie crosswise.
                let low = ((two[0] & 0x3f) << 2) | (two[1] >> 6);
                let prefix = u16::from(low) | (u16::from(two[1] & 0x3f) << 8);
                Err(AddressError::Prefix(prefix))
            }
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Address {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An address of the chain: SS58 with prefix 42.",
            "pattern": "^5[1-9A-HJ-NP-Za-km-z]{47}$"
        })
    }
}
