//! What can be wrong with a wallet.

use std::path::PathBuf;

use super::form::KeyFileForm;
use crate::address::Address;

/// Why a key cannot be had. Messages name files and addresses, never what a file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// There is nothing of that name.
    #[error("{}: there is no such file", path.display())]
    Missing { path: PathBuf },
    /// There is no folder of wallets.
    #[error("{}: there is no such folder, or it is a file", path.display())]
    NoFolder { path: PathBuf },
    /// There is no wallet of that name.
    #[error("{}: there is no wallet `{name}` in it", root.display())]
    NoWallet {
        root: PathBuf,
        name: String,
        known: Vec<String>,
    },
    /// There is no hotkey of that name.
    #[error("{}: the wallet has no hotkey `{name}`", folder.display())]
    NoHotkey {
        folder: PathBuf,
        name: String,
        known: Vec<String>,
    },
    /// A name that would lead out of the folder.
    #[error("`{0}` is no name of a wallet or hotkey")]
    Name(String),
    /// A folder, pipe or device.
    #[error("{}: it is {what}, not a key file", path.display())]
    NotAFile { path: PathBuf, what: &'static str },
    /// Far larger than any key file.
    #[error("{}: it has {bytes} bytes; a key file has less than 4096", path.display())]
    TooLarge { path: PathBuf, bytes: u64 },
    /// The system refuses.
    #[error("{}: cannot be read ({source})", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// No form of a key file.
    #[error("{}: it is no key file ({what})", path.display())]
    NotAKeyFile { path: PathBuf, what: String },
    /// The file holds a key of another kind.
    #[error("{}: it holds an ed25519 key (cryptoType 0); validators check sr25519 signatures", path.display())]
    Ed25519 { path: PathBuf },
    /// What the file derives and what it says are two keys.
    #[error("{}: its secret belongs to {derived}, but the file says {stated}", path.display())]
    Mismatch {
        path: PathBuf,
        derived: Address,
        stated: String,
    },
    /// Only the public half is there.
    #[error("{}: it holds only the public half of {address}, which cannot sign", path.display())]
    PublicOnly { path: PathBuf, address: Address },
    /// A password is needed and there is none.
    #[error("{}: it is encrypted ({form}) and no password was given", path.display())]
    Locked { path: PathBuf, form: KeyFileForm },
    /// The password does not open the file.
    #[error("{}: the password does not open it", path.display())]
    WrongPassword { path: PathBuf },
    /// An encrypted file that is damaged.
    #[error("{}: it is damaged ({what})", path.display())]
    Damaged { path: PathBuf, what: &'static str },
    /// A password file without a password.
    #[error("{}: its first line is empty", path.display())]
    EmptyPassword { path: PathBuf },
    /// The variable of the password does not hold one.
    #[error("{variable}: {what}")]
    Variable {
        variable: String,
        what: &'static str,
    },
}
