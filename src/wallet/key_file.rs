//! What a clear key file says: one JSON object.
//!
//! Wallets take the first of `secretPhrase`, `secretSeed`, `privateKey` and `ss58Address` that is there
//! and compare nothing. Here the order is the same, and a secret that does not belong to the file's own
//! address is refused.

use serde::Deserialize;
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use super::hotkey::Hotkey;
use crate::address::Address;

/// What a key file holds.
#[derive(Debug, Clone)]
pub enum WalletKey {
    /// A key that signs.
    Hotkey(Hotkey),
    /// Its public half alone.
    Public(Address),
}

impl WalletKey {
    /// The address of either kind of key.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::Hotkey(hotkey) => hotkey.address(),
            Self::Public(address) => *address,
        }
    }
}

/// Why a text is no key, without the path of the file.
#[derive(Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is no key file.
    NotAKeyFile(String),
    /// The key is an ed25519 one.
    Ed25519,
    /// The secret belongs to another address.
    Mismatch { derived: Address, stated: String },
}

/// Fields as they stand in the file; unknown ones are passed over, as wallets do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    secret_phrase: Option<String>,
    secret_seed: Option<String>,
    private_key: Option<String>,
    ss58_address: Option<String>,
    public_key: Option<String>,
    crypto_type: Option<Value>,
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.secret_phrase.zeroize();
        self.secret_seed.zeroize();
        self.private_key.zeroize();
    }
}

/// Reads the clear form.
///
/// # Errors
/// A text that is no key file, an ed25519 key, a secret of another address.
pub fn parse_key(text: &[u8]) -> Result<WalletKey, KeyError> {
    let not = |what: &str| KeyError::NotAKeyFile(what.to_owned());
    if text.starts_with(b"\xef\xbb\xbf") {
        return Err(not(
            "it begins with a byte-order mark, which wallets refuse",
        ));
    }
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(not("it is empty"));
    }
    // What the parser says may quote a secret, so only the position is reported.
    let fields: Fields = serde_json::from_slice(text).map_err(|e| {
        KeyError::NotAKeyFile(format!(
            "no JSON object of the known fields at line {}, column {}",
            e.line(),
            e.column()
        ))
    })?;
    // Files of wallets before 4.1 have no such field; anything but a number means sr25519 there, too.
    if fields.crypto_type.as_ref().and_then(Value::as_u64) == Some(0) {
        return Err(KeyError::Ed25519);
    }
    let stated = match &fields.ss58_address {
        Some(text) => Some(
            text.parse::<Address>()
                .map_err(|e| KeyError::NotAKeyFile(format!("`ss58Address` is no address: {e}")))?,
        ),
        None => None,
    };
    let public = match &fields.public_key {
        Some(text) => {
            Some(Address::new(*bytes::<32>(text).ok_or_else(|| {
                not("`publicKey` is not 64 hexadecimal digits")
            })?))
        }
        None => None,
    };
    let Some(hotkey) = secret(&fields, stated)? else {
        return stated.map(WalletKey::Public).ok_or_else(|| {
            not("it has none of secretPhrase, secretSeed, privateKey and ss58Address")
        });
    };
    let derived = hotkey.address();
    if let Some(stated) = [stated, public]
        .into_iter()
        .flatten()
        .find(|s| *s != derived)
    {
        return Err(KeyError::Mismatch {
            derived,
            stated: stated.to_string(),
        });
    }
    Ok(WalletKey::Hotkey(hotkey))
}

/// The secret that counts, if there is one.
fn secret(fields: &Fields, stated: Option<Address>) -> Result<Option<Hotkey>, KeyError> {
    let not = |what: &str| KeyError::NotAKeyFile(what.to_owned());
    if let Some(phrase) = &fields.secret_phrase {
        return Hotkey::from_phrase(phrase).map(Some).ok_or_else(|| {
            not("`secretPhrase` is not 12 to 24 words of the BIP-39 list with a right checksum")
        });
    }
    let private = fields.private_key.as_deref();
    if let Some(seed) = &fields.secret_seed {
        if let Some(hotkey) = bytes::<32>(seed).and_then(|seed| Hotkey::from_seed(&seed)) {
            return Ok(Some(hotkey));
        }
        // Wallets write a seed that happens to be text as that text, and cannot read it again. The
        // private key beside it is right; it is taken if it belongs to the address.
        let rescued = private
            .and_then(from_private)
            .filter(|hotkey| stated.is_some_and(|stated| stated == hotkey.address()));
        return rescued.map(Some).ok_or_else(|| {
            not("`secretSeed` is not 64 hexadecimal digits, and no private key of its address stands beside it")
        });
    }
    match private {
        Some(private) => from_private(private)
            .map(Some)
            .ok_or_else(|| not("`privateKey` is not 128 hexadecimal digits of an sr25519 key")),
        None => Ok(None),
    }
}

/// A private key of 64 bytes; one of 32 is a seed.
fn from_private(text: &str) -> Option<Hotkey> {
    match bytes::<64>(text) {
        Some(bytes) => Hotkey::from_private_key(&bytes),
        None => Hotkey::from_seed(&*bytes::<32>(text)?),
    }
}

/// Hexadecimal digits, with or without `0x`.
fn bytes<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut bytes = Zeroizing::new([0; N]);
    hex::decode_to_slice(digits, bytes.as_mut()).ok()?;
    Some(bytes)
}
