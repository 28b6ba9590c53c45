//! Key files on disk.

use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::error::WalletError;
use super::form::KeyFileForm;
use super::key_file::{KeyError, WalletKey, parse_key};
use super::password::Password;
use super::sealed::{SealedError, open};

/// Bytes of the largest key file that is read; the longest form of 24 words has about 2,500.
pub const LARGEST: u64 = 4096;

/// The bytes of a key file.
pub(super) fn bytes_of(path: &Path) -> Result<Zeroizing<Vec<u8>>, WalletError> {
    let unreadable = |source| WalletError::Unreadable {
        path: path.into(),
        source,
    };
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(WalletError::Missing { path: path.into() });
        }
        Err(e) => return Err(unreadable(e)),
    };
    // Opening a pipe would wait for a writer for ever.
    if !meta.is_file() {
        let what = if meta.is_dir() {
            "a folder"
        } else {
            "a pipe or device"
        };
        return Err(WalletError::NotAFile {
            path: path.into(),
            what,
        });
    }
    if meta.len() > LARGEST {
        return Err(WalletError::TooLarge {
            path: path.into(),
            bytes: meta.len(),
        });
    }
    // All at once, so that no half of a secret stays behind where a growing buffer lay.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST as usize + 1));
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(WalletError::TooLarge {
            path: path.into(),
            bytes: bytes.len() as u64,
        });
    }
    Ok(bytes)
}

/// The password in the first line of a file.
///
/// # Errors
/// A file that cannot be read or is far too large.
pub fn read_password_file(path: &Path) -> Result<Password, WalletError> {
    let bytes = bytes_of(path)?;
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(WalletError::EmptyPassword { path: path.into() });
    }
    Ok(Password::new(line))
}

/// Reads a key file of any form. `password` is asked once, and only where the file is encrypted.
///
/// # Errors
/// A file that cannot be read or is no key file, a key that is not sr25519, a secret of another
/// address, a missing or wrong password.
pub fn read_key_file(
    path: &Path,
    password: impl FnOnce(KeyFileForm) -> Result<Option<Password>, WalletError>,
) -> Result<WalletKey, WalletError> {
    let bytes = bytes_of(path)?;
    let form = KeyFileForm::of(&bytes);
    let clear = match form {
        KeyFileForm::Clear => bytes,
        _ => {
            let password = password(form)?.ok_or_else(|| WalletError::Locked {
                path: path.into(),
                form,
            })?;
            open(&bytes, &password).map_err(|e| match e {
                SealedError::WrongPassword => WalletError::WrongPassword { path: path.into() },
                SealedError::Damaged(what) => WalletError::Damaged {
                    path: path.into(),
                    what,
                },
                SealedError::Memory => WalletError::Unreadable {
                    path: path.into(),
                    source: std::io::Error::other("its key derivation needs 512 MiB of memory"),
                },
            })?
        }
    };
    parse_key(&clear).map_err(|e| at(path, e))
}

/// An error of a key with the path of its file.
pub(super) fn at(path: &Path, error: KeyError) -> WalletError {
    let path = path.into();
    match error {
        KeyError::NotAKeyFile(what) => WalletError::NotAKeyFile { path, what },
        KeyError::Ed25519 => WalletError::Ed25519 { path },
        KeyError::Mismatch { derived, stated } => WalletError::Mismatch {
            path,
            derived,
            stated,
        },
    }
}
