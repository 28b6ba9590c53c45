//! The folder of wallets: `<wallet>/coldkeypub.txt` and `<wallet>/hotkeys/<hotkey>`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::WalletError;
use super::form::KeyFileForm;
use super::key_file::{WalletKey, parse_key};
use super::read::{at, bytes_of, read_key_file};
use crate::address::Address;

/// A folder of wallets.
#[derive(Debug, Clone)]
pub struct WalletLayout {
    root: PathBuf,
}

/// One wallet.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct WalletEntry {
    /// Its name.
    pub wallet: String,
    /// Address of its coldkey, from the public half.
    pub coldkey_address: Option<Address>,
    /// Whether the coldkey itself is stored there. It is never opened.
    pub coldkey: ColdkeyState,
    /// What is wrong with the public half of the coldkey.
    pub problem: Option<String>,
    /// Its hotkeys by name.
    pub hotkeys: Vec<HotkeyEntry>,
}

/// Whether a coldkey is stored on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ColdkeyState {
    /// It does; a miner does not need it here.
    Present,
    /// It does not.
    Absent,
    /// The folder cannot be looked into.
    Unknown,
}

/// One hotkey.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct HotkeyEntry {
    /// Its name.
    pub hotkey: String,
    /// Its address: derived where the file is clear, else what the public half says.
    pub address: Option<Address>,
    /// How the file is kept.
    pub form: Option<KeyFileForm>,
    /// What can be done with it.
    pub state: HotkeyState,
    /// What is wrong or should be known.
    pub problem: Option<String>,
}

/// What can be done with a hotkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HotkeyState {
    /// It signs.
    Signs,
    /// It signs with its password.
    NeedsPassword,
    /// Only its public half is there.
    PublicOnly,
    /// It cannot be used.
    Unusable,
}

impl WalletLayout {
    /// Of a folder.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Names of the wallets, sorted.
    ///
    /// # Errors
    /// A folder that is not there or cannot be read.
    pub fn wallets(&self) -> Result<Vec<String>, WalletError> {
        let mut found = names(&self.root, |path| path.is_dir())?;
        found.sort_by(|a, b| alphanumeric_sort::compare_str(a, b));
        Ok(found)
    }

    /// Names of a wallet's hotkeys, sorted. `<name>pub.txt` is the public half of `<name>`.
    ///
    /// # Errors
    /// A wallet that is not there, a folder that cannot be read.
    pub fn hotkeys(&self, wallet: &str) -> Result<Vec<String>, WalletError> {
        let folder = self.wallet(wallet)?.join("hotkeys");
        if let Err(e) = std::fs::metadata(&folder)
            && e.kind() == std::io::ErrorKind::NotFound
        {
            return Ok(Vec::new());
        }
        let mut found: Vec<String> = names(&folder, |path| !path.is_dir())?
            .into_iter()
            .map(|name| match name.strip_suffix("pub.txt") {
                Some(private) if !private.is_empty() => private.to_owned(),
                _ => name,
            })
            .collect();
        found.sort_by(|a, b| alphanumeric_sort::compare_str(a, b));
        found.dedup();
        Ok(found)
    }

    /// Folder of a wallet.
    ///
    /// # Errors
    /// A name that leads out of the folder; a wallet that is not there.
    pub fn wallet(&self, name: &str) -> Result<PathBuf, WalletError> {
        let folder = self.root.join(plain(name)?);
        if folder.is_dir() {
            return Ok(folder);
        }
        Err(WalletError::NoWallet {
            root: self.root.clone(),
            name: name.to_owned(),
            known: self.wallets()?,
        })
    }

    /// File of a hotkey: the private one, or the public half where that is all there is.
    ///
    /// # Errors
    /// A wallet or hotkey that is not there.
    pub fn hotkey_file(&self, wallet: &str, hotkey: &str) -> Result<PathBuf, WalletError> {
        let folder = self.wallet(wallet)?;
        let keys = folder.join("hotkeys");
        let private = keys.join(plain(hotkey)?);
        // A folder in its place is named as what it is when it is read.
        if private.symlink_metadata().is_ok() {
            return Ok(private);
        }
        let public = keys.join(format!("{hotkey}pub.txt"));
        if public.is_file() {
            return Ok(public);
        }
        Err(WalletError::NoHotkey {
            folder,
            name: hotkey.to_owned(),
            known: self.hotkeys(wallet)?,
        })
    }

    /// Everything about a wallet that needs no password.
    ///
    /// # Errors
    /// A wallet that is not there. What is wrong inside it stands in the entry.
    pub fn describe(&self, wallet: &str) -> Result<WalletEntry, WalletError> {
        let folder = self.wallet(wallet)?;
        let mut problem = None;
        let coldkey_address = address_in(&folder.join("coldkeypub.txt")).unwrap_or_else(|e| {
            problem = Some(e.to_string());
            None
        });
        let hotkeys = self.hotkeys(wallet).unwrap_or_else(|e| {
            problem = Some(e.to_string());
            Vec::new()
        });
        Ok(WalletEntry {
            wallet: wallet.to_owned(),
            coldkey_address,
            coldkey: match folder.join("coldkey").symlink_metadata() {
                Ok(_) => ColdkeyState::Present,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => ColdkeyState::Absent,
                Err(_) => ColdkeyState::Unknown,
            },
            problem,
            hotkeys: hotkeys
                .into_iter()
                .map(|hotkey| describe(&folder.join("hotkeys"), hotkey))
                .collect(),
        })
    }
}

fn describe(folder: &Path, hotkey: String) -> HotkeyEntry {
    let path = folder.join(&hotkey);
    let public = address_in(&folder.join(format!("{hotkey}pub.txt")))
        .ok()
        .flatten();
    let entry = |address, form, state, problem| HotkeyEntry {
        hotkey,
        address,
        form,
        state,
        problem,
    };
    if path.symlink_metadata().is_err() {
        let form = public.map(|_| KeyFileForm::Clear);
        return entry(public, form, HotkeyState::PublicOnly, None);
    }
    let mut form = KeyFileForm::Clear;
    let read = read_key_file(&path, |found| {
        form = found;
        Ok(None)
    });
    let open_to_others = open_to_others(&path);
    match read {
        Ok(key) => {
            let state = match key {
                WalletKey::Hotkey(_) => HotkeyState::Signs,
                WalletKey::Public(_) => HotkeyState::PublicOnly,
            };
            let other = public
                .filter(|public| *public != key.address())
                .map(|p| format!("{}pub.txt says {p}, which is another key", path.display()));
            entry(
                Some(key.address()),
                Some(form),
                state,
                other.or(open_to_others),
            )
        }
        Err(WalletError::Locked { .. }) => entry(
            public,
            Some(form),
            HotkeyState::NeedsPassword,
            open_to_others,
        ),
        Err(e) => entry(public, None, HotkeyState::Unusable, Some(e.to_string())),
    }
}

/// The address that a public half names; none where there is no such file.
fn address_in(path: &Path) -> Result<Option<Address>, WalletError> {
    let bytes = match bytes_of(path) {
        Ok(bytes) => bytes,
        Err(WalletError::Missing { .. }) => return Ok(None),
        Err(e) => return Err(e),
    };
    let key = parse_key(&bytes).map_err(|e| at(path, e))?;
    Ok(Some(key.address()))
}

/// A secret that others on the machine may read.
fn open_to_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o077;
    (mode != 0).then(|| format!("others may read it: chmod 600 {}", path.display()))
}

fn plain(name: &str) -> Result<&str, WalletError> {
    let parts = Path::new(name).components();
    let plain = parts.clone().count() == 1
        && parts
            .into_iter()
            .all(|part| matches!(part, std::path::Component::Normal(p) if p == name));
    if plain {
        Ok(name)
    } else {
        Err(WalletError::Name(name.to_owned()))
    }
}

fn names(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<String>, WalletError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => WalletError::NoFolder {
            path: folder.into(),
        },
        _ => WalletError::Unreadable {
            path: folder.into(),
            source,
        },
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Names that are not text cannot be named on the command line either.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if !name.starts_with('.') && wanted(&entry.path()) {
            found.push(name);
        }
    }
    Ok(found)
}
