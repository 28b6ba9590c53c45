//! A hotkey: an sr25519 key that signs.
//!
//! Signatures are schnorrkel's with the context `substrate`, 64 bytes, different every time. Source:
//! `bittensor_wallet` 4.0 and 4.1, and SDK 11.3.0, tried against files and messages that they wrote.

use std::fmt;
use std::str::FromStr;

use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey, PublicKey, SecretKey};

use crate::address::Address;

/// Signing context of every Substrate chain.
const CONTEXT: &[u8] = b"substrate";

/// A key pair. Its secret is wiped when dropped and is never shown.
#[derive(Clone)]
pub struct Hotkey {
    pair: Box<Keypair>,
}

impl fmt::Debug for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hotkey({}, secret not shown)", self.address())
    }
}

impl Hotkey {
    /// From a mini secret ("seed") of 32 bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let mini = MiniSecretKey::from_bytes(seed).ok()?;
        let pair = mini.expand_to_keypair(ExpansionMode::Ed25519);
        Some(Self { pair: pair.into() })
    }

    /// From words: the Substrate variant of BIP-39, which stretches the entropy and not the words.
    #[must_use]
    pub fn from_phrase(phrase: &str) -> Option<Self> {
        let words = bip39::Mnemonic::parse_in(bip39::Language::English, phrase).ok()?;
        let entropy = zeroize::Zeroizing::new(words.to_entropy());
        let mini = substrate_bip39::mini_secret_from_entropy(&entropy, "").ok()?;
        let pair = mini.expand_to_keypair(ExpansionMode::Ed25519);
        Some(Self { pair: pair.into() })
    }

    /// From a private key as wallets store it: a canonical scalar and a nonce seed, 32 bytes each.
    #[must_use]
    pub fn from_private_key(bytes: &[u8; 64]) -> Option<Self> {
        let pair = SecretKey::from_bytes(bytes).ok()?.to_keypair();
        Some(Self { pair: pair.into() })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::new(self.pair.public.to_bytes())
    }

    /// Signs bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.pair.sign_simple(CONTEXT, message).to_bytes())
    }
}

/// A signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// Why a text is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signature is 0x and 128 hexadecimal digits")]
pub struct SignatureError;

impl Signature {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    /// With or without `0x`.
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 64];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| SignatureError)?;
        Ok(Self(bytes))
    }
}

/// Whether the owner of an address signed these bytes.
#[must_use]
pub fn verify(address: &Address, message: &[u8], signature: &Signature) -> bool {
    let (Ok(public), Ok(signature)) = (
        PublicKey::from_bytes(address.public_key()),
        schnorrkel::Signature::from_bytes(signature.bytes()),
    ) else {
        return false;
    };
    public.verify_simple(CONTEXT, message, &signature).is_ok()
}

/// The bytes that wallets sign for a text: its UTF-8, or what it spells where it begins with `0x` and
/// is hexadecimal throughout.
#[must_use]
pub fn message_bytes(text: &str) -> Vec<u8> {
    text.strip_prefix("0x")
        .and_then(|digits| hex::decode(digits).ok())
        .unwrap_or_else(|| text.as_bytes().to_vec())
}
