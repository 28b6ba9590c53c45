//! Passwords of key files, and the variable that wallets look for.
//!
//! Source: `bittensor_wallet` 4.1.1 and SDK 11.3.0. The variable's value is the password combined with
//! the variable's own name by XOR, as base64: an encoding that hides nothing.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use zeroize::Zeroizing;

use super::error::WalletError;

/// A password; never shown, wiped from memory when dropped.
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// From the bytes that a user typed.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(not shown)")
    }
}

/// The variable of a key file, by its path as it was named: capitals, with `_` for `/` and `.`.
#[must_use]
pub fn variable_name(path: &Path) -> String {
    let path = path.to_string_lossy().to_uppercase();
    format!("BT_PW_{}", path.replace(['/', '.'], "_"))
}

/// The password that a variable holds.
///
/// # Errors
/// A value that is no base64, such as a password in plain text.
pub fn from_variable(variable: &str, value: &str) -> Result<Password, WalletError> {
    let mut bytes = base64::engine::general_purpose::STANDARD
        .decode(value.trim())
        .map_err(|_| WalletError::Variable {
            variable: variable.to_owned(),
            what: "its value is no base64; wallets take the password combined with the variable's \
                   name, never in plain text",
        })?;
    for (byte, key) in bytes.iter_mut().zip(variable.bytes().cycle()) {
        *byte ^= key;
    }
    Ok(Password::new(bytes))
}
