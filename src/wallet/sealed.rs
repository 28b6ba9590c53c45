//! Encrypted key files: the three forms that wallets wrote over the years. Each opens to the JSON of
//! the clear form.
//!
//! Source: `bittensor_wallet` 4.0.0 and 4.1.1 (`keyfile`), SDK 11.3.0 for the oldest form, which the
//! wallets of today can no longer open.

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, StreamCipher as _, block_padding::Pkcs7};
use base64::Engine as _;
use dryoc::classic::crypto_pwhash::{PasswordHashAlgorithm, crypto_pwhash};
use dryoc::classic::crypto_secretbox::crypto_secretbox_open_easy;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::form::{KeyFileForm, NACL};
use super::password::Password;

/// Why an encrypted file cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedError {
    /// It does not have the form that its first bytes announce.
    Damaged(&'static str),
    /// The password is wrong, or a byte was changed: no form can distinguish the two.
    WrongPassword,
    /// No memory for the key derivation.
    Memory,
}

/// Fixed in every wallet, so the strength of the password is all there is.
const NACL_SALT: [u8; 16] = [
    0x13, 0x71, 0x83, 0xdf, 0xf1, 0x5a, 0x09, 0xbc, 0x9c, 0x90, 0xb5, 0x51, 0x87, 0x39, 0xe9, 0xb1,
];
/// libsodium's "sensitive" limits of Argon2i.
const NACL_PASSES: u64 = 8;
const NACL_MEMORY: usize = 512 << 20;
const FERNET_SALT: &[u8] = b"Iguesscyborgslikemyselfhaveatendencytobeparanoidaboutourorigins";
const FERNET_ROUNDS: u32 = 10_000_000;
const VAULT_ROUNDS: u32 = 10_000;

/// Opens a sealed file. Takes seconds, and 512 MiB for NaCl: never on an async thread.
///
/// # Errors
/// A damaged file, a wrong password. A clear file is given back as it is.
pub fn open(bytes: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    match KeyFileForm::of(bytes) {
        KeyFileForm::Clear => Ok(Zeroizing::new(bytes.to_vec())),
        KeyFileForm::Nacl => nacl(bytes, password),
        KeyFileForm::Vault => vault(bytes, password),
        KeyFileForm::Fernet => fernet(bytes, password),
    }
}

fn nacl(bytes: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    const NONCE: usize = 24;
    const TAG: usize = 16;
    let short = SealedError::Damaged("it ends within its header");
    let body = bytes.get(NACL.len()..).ok_or(short)?;
    let (nonce, sealed) = body.split_at_checked(NONCE).ok_or(short)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| short)?;
    if sealed.len() < TAG {
        return Err(short);
    }
    let mut key = Zeroizing::new([0; 32]);
    crypto_pwhash(
        key.as_mut(),
        password.bytes(),
        &NACL_SALT,
        NACL_PASSES,
        NACL_MEMORY,
        PasswordHashAlgorithm::Argon2i13,
    )
    .map_err(|_| SealedError::Memory)?;
    // A newline at the end of a key file is harmless to wallets, here as in the clear form.
    let trimmed = sealed.strip_suffix(b"\n").filter(|s| s.len() >= TAG);
    for sealed in [Some(sealed), trimmed].into_iter().flatten() {
        let mut clear = Zeroizing::new(vec![0; sealed.len() - TAG]);
        if crypto_secretbox_open_easy(&mut clear, sealed, &nonce, &key).is_ok() {
            return Ok(clear);
        }
    }
    Err(SealedError::WrongPassword)
}

/// Version 1.1 with AES256: salt, HMAC and ciphertext as hexadecimal lines, hexadecimal once more.
fn vault(bytes: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    let damaged = SealedError::Damaged("it is not an Ansible vault 1.1 with AES256");
    let text = std::str::from_utf8(bytes).map_err(|_| damaged)?;
    let (header, body) = text.split_once('\n').ok_or(damaged)?;
    if header.trim_end() != "$ANSIBLE_VAULT;1.1;AES256" {
        return Err(damaged);
    }
    let digits: String = body.split_ascii_whitespace().collect();
    let inner = hex::decode(digits).map_err(|_| damaged)?;
    let mut parts = inner
        .split(|byte| *byte == b'\n')
        .map(|line| hex::decode(line).map_err(|_| damaged));
    let mut part = || parts.next().ok_or(damaged)?;
    let (salt, tag, sealed) = (part()?, part()?, part()?);
    let mut keys = Zeroizing::new([0; 80]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.bytes(), &salt, VAULT_ROUNDS, keys.as_mut());
    check(&keys[32..64], &sealed, &tag)?;
    let mut clear = Zeroizing::new(sealed);
    let mut cipher = ctr::Ctr128BE::<aes::Aes256>::new_from_slices(&keys[..32], &keys[64..])
        .map_err(|_| damaged)?;
    cipher.apply_keystream(&mut clear);
    let padding = usize::from(clear.last().copied().unwrap_or(0));
    if padding == 0 || padding > 16 || padding > clear.len() {
        return Err(damaged);
    }
    let kept = clear.len() - padding;
    clear.truncate(kept);
    Ok(clear)
}

fn fernet(bytes: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    const HEADER: usize = 1 + 8;
    const IV: usize = 16;
    const TAG: usize = 32;
    let damaged = SealedError::Damaged("it is not a Fernet token");
    let token = base64::engine::general_purpose::URL_SAFE
        .decode(bytes.trim_ascii_end())
        .map_err(|_| damaged)?;
    let (signed, tag) = token
        .split_at_checked(token.len().saturating_sub(TAG))
        .filter(|(signed, _)| signed.len() >= HEADER + IV)
        .ok_or(damaged)?;
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.bytes(), FERNET_SALT, FERNET_ROUNDS, key.as_mut());
    check(&key[..16], signed, tag)?;
    let cipher =
        cbc::Decryptor::<aes::Aes128>::new_from_slices(&key[16..], &signed[HEADER..][..IV])
            .map_err(|_| damaged)?;
    let mut clear = Zeroizing::new(signed[HEADER + IV..].to_vec());
    let kept = cipher
        .decrypt_padded::<Pkcs7>(&mut clear)
        .map_err(|_| damaged)?
        .len();
    clear.truncate(kept);
    Ok(clear)
}

/// Compares in constant time.
fn check(key: &[u8], signed: &[u8], tag: &[u8]) -> Result<(), SealedError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SealedError::WrongPassword)?;
    mac.update(signed);
    mac.verify_slice(tag)
        .map_err(|_| SealedError::WrongPassword)
}
