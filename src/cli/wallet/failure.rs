//! Errors of wallets as a person meets them.

use super::super::exit::Exit;
use super::super::failure::Failure;
use crate::wallet::{WalletError, variable_name};

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        let exit = match &error {
            WalletError::NoWallet { .. }
            | WalletError::NoHotkey { .. }
            | WalletError::Name(_)
            | WalletError::NoFolder { .. }
            | WalletError::Locked { .. }
            | WalletError::Variable { .. } => Exit::Usage,
            _ => Exit::BadInput,
        };
        let hint = match &error {
            WalletError::NoWallet { known, .. } | WalletError::NoHotkey { known, .. } => {
                if known.is_empty() {
                    "`vidaio wallet list` shows what is there".to_owned()
                } else {
                    format!("there are: {}", known.join(", "))
                }
            }
            WalletError::NoFolder { .. } => "name the folder of wallets with --wallet-path".into(),
            WalletError::Name(_) => "a hotkey is named WALLET/HOTKEY".into(),
            WalletError::Missing { .. } => {
                "check the path; `vidaio wallet list` shows the wallets that are there".into()
            }
            WalletError::EmptyPassword { .. } => {
                "the password is the first line of the file".into()
            }
            WalletError::NotAFile { .. } | WalletError::TooLarge { .. } => {
                "put the key file back in its place".into()
            }
            WalletError::Unreadable { .. } => "check the permissions of the file".into(),
            WalletError::NotAKeyFile { .. } | WalletError::Damaged { .. } => {
                "make the hotkey again from its words with the wallet tool".into()
            }
            WalletError::Ed25519 { .. } => {
                "make an sr25519 hotkey: it is the wallet tool's default".into()
            }
            WalletError::Mismatch { .. } => {
                "one of the two was put there by mistake: make the hotkey again from its words"
                    .into()
            }
            WalletError::PublicOnly { .. } => {
                "the file without `pub.txt` signs; copy it here".into()
            }
            WalletError::Locked { path, .. } => format!(
                "run it on a terminal, give --password-file, or set {}",
                variable_name(path)
            ),
            WalletError::WrongPassword { .. } => {
                "give the password that the hotkey was made with; a damaged file says the same"
                    .into()
            }
            WalletError::Variable { .. } => "--password-file takes the password as it is".into(),
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}
