//! Wallets as a table. No secret reaches this room.

use super::table::rows;
use crate::wallet::{ColdkeyState, HotkeyState, WalletEntry};

/// Every hotkey of some wallets in a line.
#[must_use]
pub fn wallets_table(wallets: &[WalletEntry]) -> String {
    let mut cells = Vec::new();
    let mut problems = Vec::new();
    for wallet in wallets {
        let coldkey = match (wallet.coldkey, &wallet.problem) {
            (_, Some(problem)) => {
                problems.push(format!("{}: {problem}\n", wallet.wallet));
                "see below"
            }
            (ColdkeyState::Present, None) => "here, not opened",
            (ColdkeyState::Absent, None) => "not here",
            (ColdkeyState::Unknown, None) => "cannot be seen",
        };
        let line =
            |name: &str, address: Option<crate::address::Address>, form: &str, state: &str| {
                vec![
                    wallet.wallet.clone(),
                    name.to_owned(),
                    address.map_or_else(|| "-".into(), |a| a.to_string()),
                    form.to_owned(),
                    state.to_owned(),
                ]
            };
        cells.push(line("(coldkey)", wallet.coldkey_address, "", coldkey));
        for hotkey in &wallet.hotkeys {
            let state = match hotkey.state {
                HotkeyState::Signs => "signs",
                HotkeyState::NeedsPassword => "signs with its password",
                HotkeyState::PublicOnly => "public half only",
                HotkeyState::Unusable => "cannot be used",
            };
            let form = hotkey.form.map_or_else(|| "-".into(), |f| f.to_string());
            cells.push(line(&hotkey.hotkey, hotkey.address, &form, state));
            if let Some(problem) = &hotkey.problem {
                problems.push(format!("{}/{}: {problem}\n", wallet.wallet, hotkey.hotkey));
            }
        }
    }
    let mut text = rows(
        &["wallet", "hotkey", "address", "kept", "what it does"],
        &cells,
    );
    if !problems.is_empty() {
        text.push('\n');
        text += &problems.concat();
    }
    text
}
