//! Key files of Bittensor wallets, and what their hotkeys sign.
//!
//! No coldkey is ever opened. Nothing here prints, and no secret has a text form: types that hold one show
//! its address at most, and are wiped from memory when dropped.

mod error;
mod form;
mod hotkey;
mod key_file;
mod layout;
mod password;
mod read;
mod sealed;

pub use error::WalletError;
pub use form::KeyFileForm;
pub use hotkey::{Hotkey, Signature, SignatureError, message_bytes, verify};
pub use key_file::{WalletKey, parse_key};
pub use layout::{ColdkeyState, HotkeyEntry, HotkeyState, WalletEntry, WalletLayout};
pub use password::{Password, from_variable, variable_name};
pub use read::{LARGEST, read_key_file, read_password_file};
pub use sealed::{SealedError, open};
