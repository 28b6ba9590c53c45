//! Key files of wallets, clear and sealed, and texts that stand beside them.

use serde_json::Value;
use vidaio::address::Address;
use vidaio::wallet::{
    KeyFileForm, Password, Signature, WalletKey, from_variable, message_bytes, open, parse_key,
    verify,
};

/// Letters and digits of a text that is taken for a secret; no word of ours is as long.
const SECRET: usize = 16;

/// Reads a key file and holds it to its promises.
pub fn check(data: &[u8]) {
    clear(data);
    if !takes_seconds(data) {
        let opened = open(data, &Password::new("password"));
        if KeyFileForm::of(data) == KeyFileForm::Clear {
            assert_eq!(opened.expect("it is open").as_slice(), data);
        }
    }
    if let Ok(text) = std::str::from_utf8(data) {
        beside(text);
    }
}

/// Behind their first checks these forms derive a key on purpose slowly.
fn takes_seconds(data: &[u8]) -> bool {
    match KeyFileForm::of(data) {
        // Mark, nonce and tag.
        KeyFileForm::Nacl => data.len() >= 5 + 24 + 16,
        // Base64 of 57 bytes, the shortest token.
        KeyFileForm::Fernet => data.len() >= 76,
        KeyFileForm::Clear | KeyFileForm::Vault => false,
    }
}

fn clear(data: &[u8]) {
    match parse_key(data) {
        Ok(key) => {
            let address = key.address();
            assert_eq!(address.to_string().parse(), Ok(address));
            if let WalletKey::Hotkey(hotkey) = key {
                assert!(verify(&address, b"message", &hotkey.sign(b"message")));
                assert!(!verify(&address, b"another", &hotkey.sign(b"message")));
                keeps_secrets(data, &format!("{hotkey:?}"));
            }
        }
        Err(error) => keeps_secrets(data, &format!("{error:?}")),
    }
}

/// No secret of a file stands in what is said of it.
fn keeps_secrets(data: &[u8], said: &str) {
    let Ok(Value::Object(fields)) = serde_json::from_slice(data) else {
        return;
    };
    for name in ["secretPhrase", "secretSeed", "privateKey"] {
        let Some(secret) = fields.get(name).and_then(Value::as_str) else {
            continue;
        };
        let plain = secret.bytes().all(|b| b.is_ascii_alphanumeric());
        // The file may publish the same text as its address.
        let published = fields
            .values()
            .filter(|v| v.as_str() == Some(secret))
            .count()
            > 1;
        assert!(
            !plain || secret.len() < SECRET || published || !said.contains(secret),
            "{said}"
        );
    }
}

/// Addresses, signatures, messages and passwords, which are all read from texts.
fn beside(text: &str) {
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string(), text);
    }
    if let Ok(signature) = text.parse::<Signature>() {
        assert_eq!(signature.to_string().parse(), Ok(signature));
    }
    let message = message_bytes(text);
    assert!(message.len() <= text.len());
    let _no_matter = from_variable("BT_PW_KEY", text);
}
