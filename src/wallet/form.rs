//! The forms of key files, recognized by their first bytes.

use std::fmt;

pub(super) const NACL: &[u8] = b"$NACL";
const VAULT: &[u8] = b"$ANSIBLE_VAULT";

/// How a key file is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Form")]
pub enum KeyFileForm {
    /// JSON in clear.
    Clear,
    /// NaCl secret box under Argon2i: all current wallets.
    Nacl,
    /// Ansible vault 1.1.
    Vault,
    /// Fernet: very old tools.
    Fernet,
}

impl KeyFileForm {
    /// The form that the first bytes announce.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(NACL) {
            Self::Nacl
        } else if bytes.starts_with(VAULT) {
            Self::Vault
        } else if bytes.starts_with(b"gAAAAA") {
            Self::Fernet
        } else {
            Self::Clear
        }
    }
}

impl fmt::Display for KeyFileForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Clear => "clear",
            Self::Nacl => "NaCl",
            Self::Vault => "Ansible vault",
            Self::Fernet => "Fernet",
        })
    }
}
