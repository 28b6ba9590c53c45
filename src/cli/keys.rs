//! Wallets, hotkeys and their passwords, as commands find them.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::wallet::{
    Hotkey, Password, WalletError, WalletKey, WalletLayout, from_variable, read_key_file,
    read_password_file, variable_name,
};

/// Name that wallets and hotkeys have where none is given.
pub(super) const DEFAULT: &str = "default";

/// The folder of wallets: one that is named, the wallets' own variable, their usual place.
pub(super) fn wallets(named: Option<&Path>) -> Result<WalletLayout, Failure> {
    if let Some(path) = named {
        return Ok(WalletLayout::new(expanded(path)));
    }
    if let Some(path) = std::env::var_os("BT_WALLET_PATH").filter(|p| !p.is_empty()) {
        return Ok(WalletLayout::new(expanded(Path::new(&path))));
    }
    let home = etcetera::home_dir().map_err(|_| {
        Failure::usage("no home folder is known, so there is no place for wallets")
            .hint("name it with --wallet-path")
    })?;
    Ok(WalletLayout::new(home.join(".bittensor").join("wallets")))
}

/// `~` as a shell has it; settings and variables reach us without one.
fn expanded(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), etcetera::home_dir()) {
        (Ok(rest), Ok(home)) => home.join(rest),
        _ => path.to_path_buf(),
    }
}

pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A hotkey that signs; what is not named is looked for in the wallets' own variables.
pub(super) fn open_hotkey(
    layout: &WalletLayout,
    wallet: Option<&str>,
    hotkey: Option<&str>,
    password_file: Option<&Path>,
) -> Result<Hotkey, Failure> {
    let or = |name: Option<&str>, key: &str| match name {
        Some(name) => name.to_owned(),
        None => variable(key).unwrap_or_else(|| DEFAULT.to_owned()),
    };
    let wallet = or(wallet, "BT_WALLET_NAME");
    let path = layout.hotkey_file(&wallet, &or(hotkey, "BT_WALLET_HOTKEY"))?;
    match read_key_file(&path, |_| asked(&path, password_file))? {
        WalletKey::Hotkey(hotkey) => Ok(hotkey),
        WalletKey::Public(address) => Err(WalletError::PublicOnly { path, address }.into()),
    }
}

/// A password: from a file, from the variable of the key file, or from the person.
pub(super) fn asked(
    path: &Path,
    password_file: Option<&Path>,
) -> Result<Option<Password>, WalletError> {
    if let Some(file) = password_file {
        return Ok(Some(read_password_file(file)?));
    }
    let name = variable_name(path);
    if let Some(value) = std::env::var_os(&name) {
        return from_variable(&name, &value.to_string_lossy()).map(Some);
    }
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let prompt = format!("Password of {}: ", path.display());
    rpassword::prompt_password(prompt)
        .map(|text| Some(Password::new(text)))
        .map_err(|source| WalletError::Unreadable {
            path: path.into(),
            source,
        })
}
