//! Key files of every form: those of `fixtures/wallets.toml`, and damaged ones.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use vidaio::address::{Address, AddressError};
use vidaio::wallet::{
    KeyFileForm, Password, Signature, WalletError, WalletKey, WalletLayout, from_variable,
    message_bytes, parse_key, read_key_file, variable_name, verify,
};

use super::surroundings::{Ran, run, scratch_root, vidaio};

#[derive(Deserialize)]
struct Fixtures {
    password: String,
    key: Vec<KeyFixture>,
    signature: Vec<SignatureFixture>,
    variable: VariableFixture,
    address: Vec<AddressFixture>,
}

#[derive(Deserialize)]
struct KeyFixture {
    name: String,
    address: Address,
    public_key: String,
    outcome: String,
    form: String,
    fields: Option<Value>,
    sealed: Option<String>,
}

#[derive(Deserialize)]
struct SignatureFixture {
    how: String,
    address: Address,
    message: String,
    signature: String,
    valid: bool,
}

#[derive(Deserialize)]
struct VariableFixture {
    path: PathBuf,
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct AddressFixture {
    public_key: String,
    ss58: String,
}

fn fixtures() -> Fixtures {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wallets.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl KeyFixture {
    /// The file as wallets write it.
    fn bytes(&self) -> Vec<u8> {
        match (&self.fields, &self.sealed) {
            (Some(fields), None) => serde_json::to_vec(fields).unwrap(),
            (None, Some(sealed)) => base64::engine::general_purpose::STANDARD
                .decode(sealed.trim())
                .unwrap(),
            _ => panic!("{}: either clear or sealed", self.name),
        }
    }
}

/// All fixtures as a folder of wallets.
pub(crate) fn folder() -> PathBuf {
    static ONCE: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| {
        let root = scratch_root().join("wallets");
        let _from_an_earlier_run = std::fs::remove_dir_all(&root);
        for key in fixtures().key {
            let (wallet, hotkey) = key.name.split_once('/').unwrap();
            let keys = root.join(wallet).join("hotkeys");
            std::fs::create_dir_all(&keys).unwrap();
            write(&keys.join(hotkey), &key.bytes());
            let public =
                serde_json::json!({"ss58Address": key.address, "publicKey": key.public_key});
            // One of them without its public half, as old wallets left it.
            if wallet != "old" {
                write(
                    &keys.join(format!("{hotkey}pub.txt")),
                    &serde_json::to_vec(&public).unwrap(),
                );
            }
        }
        let coldkey = serde_json::json!({"ss58Address": fixtures().address[0].ss58});
        write(
            &root.join("miner/coldkeypub.txt"),
            &serde_json::to_vec(&coldkey).unwrap(),
        );
        // Whoever opened this would find it is no key file.
        write(&root.join("miner/coldkey"), b"never to be opened");
        root
    })
    .clone()
}

fn write(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn file_of(name: &str) -> PathBuf {
    let (wallet, hotkey) = name.split_once('/').unwrap();
    folder().join(wallet).join("hotkeys").join(hotkey)
}

#[test]
fn every_form_of_key_file_opens_to_its_key_or_is_refused_as_expected() {
    let fixtures = fixtures();
    assert_eq!(fixtures.key.len(), 10);
    for key in &fixtures.key {
        let mut form = KeyFileForm::Clear;
        let read = read_key_file(&file_of(&key.name), |found| {
            form = found;
            Ok(Some(Password::new(fixtures.password.as_bytes())))
        });
        let said = serde_json::to_value(form).unwrap();
        match key.outcome.as_str() {
            "signs" => {
                let WalletKey::Hotkey(hotkey) = read.unwrap() else {
                    panic!("{}: it has a secret", key.name);
                };
                assert_eq!(hotkey.address(), key.address, "{}", key.name);
                assert_eq!(said, key.form.as_str(), "{}", key.name);
                let signature = hotkey.sign(b"a message");
                assert!(
                    verify(&key.address, b"a message", &signature),
                    "{}",
                    key.name
                );
                assert!(
                    !verify(&key.address, b"another", &signature),
                    "{}",
                    key.name
                );
                assert!(
                    !format!("{hotkey:?}").contains("3ad1df7e"),
                    "a secret is shown"
                );
            }
            "ed25519" => {
                let error = read.unwrap_err();
                assert!(matches!(error, WalletError::Ed25519 { .. }), "{error}");
            }
            other => panic!("{}: unknown outcome {other}", key.name),
        }
    }
}

#[test]
fn sealed_files_refuse_other_passwords_and_none() {
    // The slow Fernet form is the only one whose key takes seconds even in the quickest build.
    for name in ["miner/locked", "miner/vault"] {
        let path = file_of(name);
        let wrong = read_key_file(&path, |_| Ok(Some(Password::new("not this one"))));
        assert!(
            matches!(wrong, Err(WalletError::WrongPassword { .. })),
            "{name}"
        );
        let none = read_key_file(&path, |_| Ok(None));
        assert!(matches!(none, Err(WalletError::Locked { .. })), "{name}");
    }
}

#[test]
fn signatures_of_the_python_packages_verify() {
    for signature in fixtures().signature {
        let parsed: Signature = signature.signature.parse().unwrap();
        let valid = verify(
            &signature.address,
            &message_bytes(&signature.message),
            &parsed,
        );
        assert_eq!(valid, signature.valid, "{}", signature.how);
        assert_eq!(parsed.to_string(), signature.signature);
    }
    assert!("0x12".parse::<Signature>().is_err());
}

#[test]
fn messages_in_hexadecimal_are_decoded_as_wallets_do() {
    assert_eq!(message_bytes("0x4142"), b"AB");
    assert_eq!(message_bytes("0x414"), b"0x414");
    assert_eq!(message_bytes("0xZZ"), b"0xZZ");
    assert_eq!(message_bytes("äb"), "äb".as_bytes());
}

#[test]
fn the_variable_of_a_key_file_is_named_and_read_as_wallets_do() {
    let VariableFixture { path, name, value } = fixtures().variable;
    assert_eq!(variable_name(&path), name);
    assert_eq!(
        variable_name(Path::new("/srv/.bittensor/wallets/a/hotkeys/b")),
        "BT_PW__SRV__BITTENSOR_WALLETS_A_HOTKEYS_B"
    );
    let password = from_variable(&name, &value).unwrap();
    assert!(!format!("{password:?}").contains("Rig"));
    let key = read_key_file(&file_of("miner/locked"), |_| Ok(Some(password))).unwrap();
    let locked = fixtures()
        .key
        .into_iter()
        .find(|k| k.name == "miner/locked");
    assert_eq!(key.address(), locked.unwrap().address);
    let plain = from_variable(&name, "a password in plain text").unwrap_err();
    assert!(plain.to_string().contains("is no base64"), "{plain}");
    assert!(!plain.to_string().contains("plain text,"), "{plain}");
}

#[test]
fn addresses_are_read_and_written() {
    for address in fixtures().address {
        let key: Vec<u8> = hex::decode(&address.public_key[2..]).unwrap();
        let parsed: Address = address.ss58.parse().unwrap();
        assert_eq!(parsed.public_key(), &key[..]);
        assert_eq!(parsed.to_string(), address.ss58);
    }
    let good = fixtures().address[0].ss58.clone();
    let mistyped = good.replace('G', "H");
    assert_eq!(mistyped.parse::<Address>(), Err(AddressError::Checksum));
    assert_eq!("".parse::<Address>(), Err(AddressError::Length(0)));
    assert_eq!("heyyo".parse::<Address>(), Err(AddressError::Length(4)));
    assert!(matches!(
        good[..40].parse::<Address>(),
        Err(AddressError::Length(_))
    ));
    assert_eq!("0OIl".parse::<Address>(), Err(AddressError::NotBase58));
    assert_eq!(
        "5".repeat(100).parse::<Address>(),
        Err(AddressError::NotBase58)
    );
    // Polkadot's own (0), Kusama's (2), and one of two bytes.
    for (foreign, prefix) in [
        ("15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", 0),
        ("HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F", 2),
        ("yGHXkYLYqxijLKKfd9Q2CB9shRVu8rPNBS53wvwGTutYg4zTg", 255),
    ] {
        assert_eq!(
            foreign.parse::<Address>(),
            Err(AddressError::Prefix(prefix))
        );
    }
}

/// A key file made of these bytes.
fn made(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch_root().join(format!("key-{name}"));
    write(&path, bytes);
    path
}

fn refused(path: &Path) -> String {
    let password = |_| Ok(Some(Password::new("x")));
    let error = read_key_file(path, password).unwrap_err().to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error}");
    error
}

#[test]
fn damaged_files_are_refused_without_telling_what_they_hold() {
    let fixtures = fixtures();
    let plain = &fixtures
        .key
        .iter()
        .find(|k| k.name == "miner/plain")
        .unwrap();
    let fields = plain.fields.clone().unwrap();
    let with = |key: &str, value: Value| {
        let mut fields = fields.clone();
        fields[key] = value;
        serde_json::to_vec(&fields).unwrap()
    };
    let without = |keys: &[&str], key: &str, value: Value| {
        let mut fields = fields.clone();
        for gone in keys {
            fields.as_object_mut().unwrap().remove(*gone);
        }
        fields[key] = value;
        serde_json::to_vec(&fields).unwrap()
    };
    let phrase = fields["secretPhrase"].as_str().unwrap().to_owned();
    let bom = [b"\xef\xbb\xbf", &serde_json::to_vec(&fields).unwrap()[..]].concat();
    let other = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    let cases: [(&str, Vec<u8>, &str); 14] = [
        ("empty", b" \n".to_vec(), "it is empty"),
        ("bom", bom, "byte-order mark"),
        ("list", b"[1, 2]".to_vec(), "no JSON object"),
        ("cut", serde_json::to_vec(&fields).unwrap()[..200].to_vec(), "no JSON object"),
        ("number", with("secretPhrase", 7.into()), "no JSON object"),
        ("words", with("secretPhrase", "twelve words that are not".into()), "`secretPhrase`"),
        ("swapped", with("ss58Address", other.into()), "its secret belongs to"),
        ("address", with("ss58Address", "5Grw".into()), "`ss58Address`"),
        (
            "public",
            br#"{"publicKey": "0x96ef3e39e704f301dbbb9929b58c4bccc786828cd1160b037ed85e434bd0ae51"}"#.to_vec(),
            "none of secretPhrase",
        ),
        // The damaged seed saves itself by the private key only if that belongs to the address.
        (
            "seed-alone",
            without(&["secretPhrase", "privateKey"], "secretSeed", "0x1111".into()),
            "`secretSeed`",
        ),
        (
            "seed-other",
            without(&["secretPhrase", "publicKey", "secretSeed"], "ss58Address", other.into()),
            "its secret belongs to",
        ),
        ("sealed-short", b"$NACLshort".to_vec(), "damaged"),
        ("vault-version", b"$ANSIBLE_VAULT;9.9;AES256\n00\n".to_vec(), "damaged"),
        ("fernet-short", b"gAAAAABrANy=".to_vec(), "damaged"),
    ];
    for (name, bytes, expected) in cases {
        let error = refused(&made(name, &bytes));
        assert!(error.contains(expected), "{name}: {error}");
        assert!(
            !error.contains(&phrase[..12]) && !error.contains("0x4a68"),
            "{name}: {error}"
        );
    }
    assert!(refused(&made("large", &vec![b' '; 70_000])).contains("it has 70000 bytes"));
    assert!(refused(&scratch_root().join("key-none")).contains("no such file"));
    assert!(refused(&scratch_root()).contains("it is a folder"));
    let pipe = scratch_root().join("key-pipe");
    let _from_an_earlier_run = std::fs::remove_file(&pipe);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert!(refused(&pipe).contains("it is a pipe"));
}

#[test]
fn public_halves_and_files_with_nulls_are_read() {
    let fixtures = fixtures();
    let plain = &fixtures
        .key
        .iter()
        .find(|k| k.name == "miner/plain")
        .unwrap();
    let bytes = format!(
        r#"{{"ss58Address": "{}", "secretPhrase": null, "secretSeed": null, "privateKey": null, "new": [1]}}"#,
        plain.address
    );
    let never = |_| panic!("a clear file needs no password");
    let key = read_key_file(&made("nulls", bytes.as_bytes()), never).unwrap();
    assert!(matches!(key, WalletKey::Public(address) if address == plain.address));
    // Hexadecimal without 0x, a seed in the place of the private key, a newline at the end.
    let seeded = fixtures
        .key
        .iter()
        .find(|k| k.name == "miner/seeded")
        .unwrap();
    let seed = seeded.fields.as_ref().unwrap()["secretSeed"]
        .as_str()
        .unwrap();
    let bytes = format!("{{\"privateKey\": \"{}\"}}\n", &seed[2..]);
    let key = read_key_file(&made("seed-as-key", bytes.as_bytes()), never).unwrap();
    assert_eq!(key.address(), seeded.address);
}

#[test]
fn names_cannot_lead_out_of_the_folder() {
    let layout = WalletLayout::new(folder());
    for name in ["..", ".", "a/b", "", "/etc", "../wallets"] {
        assert!(
            matches!(layout.wallet(name), Err(WalletError::Name(_))),
            "{name}"
        );
        let found = layout.hotkey_file("miner", name);
        assert!(matches!(found, Err(WalletError::Name(_))), "{name}");
    }
}

fn wallet(args: &[&str]) -> Ran {
    let mut command = vidaio(&[&["wallet"], args].concat());
    command.arg("--wallet-path").arg(folder());
    run(&mut command)
}

#[test]
fn listing_shows_every_hotkey_and_no_secret() {
    let ran = wallet(&["list"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let all = fixtures().key;
    for key in &all {
        let hotkey = key.name.split_once('/').unwrap().1;
        let line = ran.stdout.lines().find(|line| {
            line.contains(&format!(" {hotkey} "))
                && line.starts_with(key.name.split_once('/').unwrap().0)
        });
        let line = line.unwrap_or_else(|| panic!("{}: {}", key.name, ran.stdout));
        assert!(line.contains(&key.address.to_string()), "{line}");
        let what = match (key.form.as_str(), key.outcome.as_str()) {
            (_, "ed25519") => "cannot be used",
            ("clear", _) => "signs",
            _ => "signs with its password",
        };
        assert!(line.trim_end().ends_with(what), "{line}");
        for field in ["secretSeed", "privateKey", "secretPhrase"] {
            let secret = key.fields.as_ref().and_then(|f| f[field].as_str());
            assert!(
                secret.is_none_or(|s| !ran.stdout.contains(s)),
                "{}",
                key.name
            );
        }
    }
    assert!(ran.stdout.contains("here, not opened"), "{}", ran.stdout);
    let rows = wallet(&["list", "--format", "csv"]).stdout;
    assert_eq!(rows.lines().count(), 1 + all.len(), "{rows}");
}

#[test]
fn a_hotkey_is_shown_signs_and_is_verified_by_the_command() {
    let ran = wallet(&["show", "miner/plain"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("derived from the secret"),
        "{}",
        ran.stdout
    );
    let ran = wallet(&["show", "miner/locked", "--format", "json"]);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["derived"], false);
    assert_eq!(shown["state"], "needs-password");
    let address = shown["address"].as_str().unwrap();
    let password = made("password", format!("{}\n", fixtures().password).as_bytes());
    let password = password.to_str().unwrap();
    let signed = wallet(&["sign", "miner/locked", "hello", "--password-file", password]);
    assert_eq!(signed.code, 0, "{}", signed.stderr);
    let good = run(&mut vidaio(&[
        "wallet",
        "verify",
        address,
        signed.stdout.trim(),
        "hello",
    ]));
    assert_eq!((good.code, good.stdout.starts_with("valid")), (0, true));
    let bad = run(&mut vidaio(&[
        "wallet",
        "verify",
        address,
        signed.stdout.trim(),
        "hallo",
    ]));
    assert_eq!((bad.code, bad.stdout.starts_with("not valid")), (1, true));
}

#[test]
fn the_variables_of_wallets_are_taken() {
    let path = file_of("miner/vault");
    let name = variable_name(&path);
    let mut value = fixtures().password.into_bytes();
    for (byte, key) in value.iter_mut().zip(name.bytes().cycle()) {
        *byte ^= key;
    }
    let value = base64::engine::general_purpose::STANDARD.encode(value);
    let mut command = vidaio(&["wallet", "sign", "miner", "x"]);
    command
        .env("BT_WALLET_PATH", folder())
        .env("BT_WALLET_HOTKEY", "vault")
        .env(&name, value);
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.trim().len(), 130);
}

#[test]
fn one_wallet_that_cannot_be_looked_into_does_not_hide_the_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = tempfile::tempdir_in(scratch_root()).unwrap();
    let hotkeys = root.path().join("broken/hotkeys");
    std::fs::create_dir_all(root.path().join("good/hotkeys")).unwrap();
    std::fs::create_dir_all(root.path().join("broken")).unwrap();
    // A file in the place of the folder is seen as wrong by every user, root included.
    std::fs::write(&hotkeys, "").unwrap();
    std::fs::set_permissions(&hotkeys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = vidaio(&["wallet", "list", "--wallet-path"]);
    let ran = run(command.arg(root.path()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("good") && ran.stdout.contains("see below"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("broken/hotkeys: there is no such folder, or it is a file"),
        "{}",
        ran.stdout
    );
}

#[test]
fn wrong_wallets_say_what_is_there() {
    let cases: [(&[&str], i32, &str, &str); 7] = [
        (&["sign", "miner/plain"], 2, "there is no message", "--file"),
        (
            &["show", "none"],
            2,
            "there is no wallet `none`",
            "there are: miner, old, watch",
        ),
        (
            &["sign", "old/none", "x"],
            2,
            "no hotkey `none`",
            "there are: plain",
        ),
        (
            &["sign", "miner/ed25519", "x"],
            3,
            "ed25519",
            "sr25519 hotkey",
        ),
        (
            &["sign", "miner/locked", "x"],
            2,
            "no password was given",
            "BT_PW_",
        ),
        (&["sign", "../x", "x"], 2, "is no name", "WALLET/HOTKEY"),
        (
            &["show", "miner", "--unlock"],
            2,
            "--unlock opens one hotkey",
            "miner/HOTKEY",
        ),
    ];
    for (args, code, error, hint) in cases {
        let ran = wallet(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(error) && ran.stderr.contains(hint),
            "{}",
            ran.stderr
        );
    }
    let mut command = vidaio(&["wallet", "list", "--wallet-path", "/nowhere/at/all"]);
    let ran = run(&mut command);
    assert!(
        ran.code == 2 && ran.stderr.contains("no such folder"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_key_files_that_the_python_package_wrote_are_read_where_they_are() {
    let Some(shared) = super::surroundings::shared("wallets of the rig") else {
        return;
    };
    let root = shared.join("axon/wallets");
    let text = std::fs::read_to_string(root.join("fixtures.json")).unwrap();
    let said: Value = serde_json::from_str(&text).unwrap();
    let password = said["password"].as_str().unwrap();
    let mut opened = 0;
    for (name, info) in said["wallets"].as_object().unwrap() {
        let (wallet, hotkey) = name.split_once('/').unwrap();
        let path = WalletLayout::new(&root)
            .hotkey_file(wallet, hotkey)
            .unwrap();
        // The form whose key takes longest is covered by our own fixture.
        if KeyFileForm::of(&std::fs::read(&path).unwrap()) == KeyFileForm::Fernet {
            continue;
        }
        match read_key_file(&path, |_| Ok(Some(Password::new(password)))) {
            Ok(key) => {
                assert_eq!(
                    key.address().to_string(),
                    info["hotkey_ss58"].as_str().unwrap()
                );
                opened += 1;
            }
            Err(e) => assert!(matches!(e, WalletError::Ed25519 { .. }), "{e}"),
        }
    }
    assert_eq!(opened, 8);
}

proptest! {
    #[test]
    fn no_bytes_are_a_key_by_accident(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in 0..500_usize,
        with in any::<u8>(),
    ) {
        prop_assert!(parse_key(&bytes).is_err());
        // One byte of a good file changed: another kind of good file, or none, but never another key.
        let fixtures = fixtures();
        let seeded = fixtures.key.iter().find(|k| k.name == "miner/seeded").unwrap();
        let mut file = seeded.bytes();
        let at = at % file.len();
        file[at] = with;
        if let Ok(key) = parse_key(&file) {
            prop_assert_eq!(key.address(), seeded.address);
        }
    }
}
