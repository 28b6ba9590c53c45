//! `vidaio wallet`.

mod failure;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::keys::{DEFAULT, asked, open_hotkey, variable, wallets};
use crate::address::Address;
use crate::report::{Format, key_values, to_csv, to_jsonl, wallets_table};
use crate::wallet::{
    ColdkeyState, HotkeyEntry, KeyFileForm, Signature, WalletEntry, WalletError, WalletKey,
    WalletLayout, message_bytes, read_key_file, variable_name, verify,
};

/// Bytes of the longest message that is signed.
const LONGEST_MESSAGE: u64 = 16 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct WalletArgs {
    /// Folder of wallets [default: setting `wallet_path`, BT_WALLET_PATH, ~/.bittensor/wallets]
    #[arg(long, global = true, value_name = "DIR")]
    wallet_path: Option<PathBuf>,
    #[command(subcommand)]
    command: WalletCommand,
}

#[derive(Debug, clap::Subcommand)]
enum WalletCommand {
    /// List wallets and their hotkeys; nothing is decrypted
    List,
    /// Show a wallet, or one hotkey of it
    ///
    /// The address of a hotkey is derived from its secret and compared with the file's own. Coldkeys are
    /// never opened. No secret is shown.
    Show {
        /// The wallet, or the wallet and a hotkey
        #[arg(value_name = "NAME[/HOTKEY]")]
        name: Option<String>,
        /// Open an encrypted hotkey to check it: with its variable BT_PW_…, a file, or a question
        #[arg(long)]
        unlock: bool,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Sign a message with a hotkey
    ///
    /// A message that begins with 0x and is hexadecimal throughout is decoded first, as wallets do.
    Sign {
        /// The wallet and its hotkey; without a hotkey its `default`
        #[arg(value_name = "NAME[/HOTKEY]")]
        name: String,
        #[command(flatten)]
        message: MessageArgs,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Check that the owner of an address signed a message; exit code 1 if not
    Verify {
        /// The signer's address
        address: Address,
        /// The signature: 0x and 128 hexadecimal digits
        signature: Signature,
        #[command(flatten)]
        message: MessageArgs,
    },
}

#[derive(Debug, clap::Args)]
struct MessageArgs {
    /// The message; or --file
    message: Option<String>,
    /// The message is all bytes of a file, taken as they are; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "message")]
    file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct PasswordArgs {
    /// Read the password of an encrypted hotkey from the first line of a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// One hotkey, opened.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Opened<'a> {
    /// Its wallet.
    wallet: &'a str,
    /// Address of the wallet's coldkey.
    coldkey_address: Option<Address>,
    /// Whether the coldkey lies there.
    coldkey: ColdkeyState,
    #[serde(flatten)]
    hotkey: &'a HotkeyEntry,
    /// Its file.
    path: PathBuf,
    /// Its public key, in hexadecimal.
    public_key: Option<String>,
    /// Whether the address was derived from the secret just now.
    derived: bool,
    /// Variable that wallets take its password from, if it is encrypted.
    password_variable: Option<String>,
}

/// A signature and whose it is.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Signed {
    /// Address of the signer.
    address: Address,
    /// The signature, in hexadecimal.
    signature: String,
    /// Bytes that were signed.
    bytes: usize,
}

/// Whether a signature is the signer's.
#[derive(Serialize, schemars::JsonSchema)]
pub(super) struct Verified {
    /// Address of the signer.
    address: Address,
    /// Whether it is.
    valid: bool,
    /// Bytes that were checked.
    bytes: usize,
}

pub(super) fn run(context: &Context, args: &WalletArgs) -> Result<Exit, Failure> {
    match &args.command {
        WalletCommand::List => list(context, &layout(context, args)?),
        WalletCommand::Show {
            name,
            unlock,
            password,
        } => show(
            context,
            &layout(context, args)?,
            name.as_deref(),
            *unlock,
            password,
        ),
        WalletCommand::Sign {
            name,
            message,
            password,
        } => {
            let output = context.open_output(&inputs(message))?;
            let bytes = message.bytes()?;
            let (wallet, hotkey) = split(name);
            let key = open_hotkey(
                &layout(context, args)?,
                Some(wallet),
                hotkey,
                password.password_file.as_deref(),
            )?;
            let signed = Signed {
                address: key.address(),
                signature: key.sign(&bytes).to_string(),
                bytes: bytes.len(),
            };
            let text = context
                .format()?
                .render(&signed, |signed| signed.signature.clone() + "\n")?;
            output.finish(&text)?;
            Ok(Exit::Ok)
        }
        WalletCommand::Verify {
            address,
            signature,
            message,
        } => {
            let output = context.open_output(&inputs(message))?;
            let bytes = message.bytes()?;
            let verified = Verified {
                address: *address,
                valid: verify(address, &bytes, signature),
                bytes: bytes.len(),
            };
            let text = context.format()?.render(&verified, |v| {
                let word = if v.valid { "valid" } else { "not valid" };
                format!("{word}: {} bytes, {}\n", v.bytes, v.address)
            })?;
            output.finish(&text)?;
            Ok(if verified.valid {
                Exit::Ok
            } else {
                Exit::GateFailed
            })
        }
    }
}

fn inputs(message: &MessageArgs) -> Vec<&Path> {
    message.file.as_deref().into_iter().collect()
}

impl MessageArgs {
    fn bytes(&self) -> Result<Vec<u8>, Failure> {
        if let Some(text) = &self.message {
            return Ok(message_bytes(text));
        }
        let Some(path) = self.file.clone() else {
            return Err(Failure::usage("there is no message")
                .hint("write it behind the other arguments, or name a file with --file"));
        };
        let failed = |what: String| {
            Failure::bad_input(format!("{}: {what}", path.display()))
                .hint("name a file of at most 16 MiB, or - for standard input")
        };
        let mut bytes = Vec::new();
        let read = if path == Path::new("-") {
            std::io::stdin()
                .lock()
                .take(LONGEST_MESSAGE + 1)
                .read_to_end(&mut bytes)
        } else {
            std::fs::File::open(&path)
                .and_then(|file| file.take(LONGEST_MESSAGE + 1).read_to_end(&mut bytes))
        };
        read.map_err(|e| failed(format!("cannot be read ({e})")))?;
        if bytes.len() as u64 > LONGEST_MESSAGE {
            return Err(failed("it is too long to be signed".into()));
        }
        Ok(bytes)
    }
}

/// The folder of wallets: a flag, our settings, the wallets' own variable, their usual place.
fn layout(context: &Context, args: &WalletArgs) -> Result<WalletLayout, Failure> {
    let flag = args.wallet_path.as_ref().map(|p| p.display().to_string());
    let settings = context.settings_with(&[("wallet_path", flag)])?;
    wallets(settings.wallet_path.as_deref())
}

fn list(context: &Context, layout: &WalletLayout) -> Result<Exit, Failure> {
    let output = context.open_output(&[])?;
    let names = layout.wallets()?;
    if names.is_empty() {
        context.warn(&format!(
            "{}: there is no wallet in it",
            layout.root().display()
        ));
    }
    let wallets: Vec<WalletEntry> = names
        .iter()
        .map(|name| layout.describe(name))
        .collect::<Result<_, _>>()?;
    output.finish(&render(context, &wallets)?)?;
    Ok(Exit::Ok)
}

/// A row for each hotkey in CSV, a wallet in each line of JSON.
fn render(context: &Context, wallets: &[WalletEntry]) -> Result<String, Failure> {
    Ok(match context.format()? {
        Format::Table => wallets_table(wallets),
        Format::Json => serde_json::to_string_pretty(wallets)? + "\n",
        Format::Jsonl => to_jsonl(wallets)?,
        Format::Csv => {
            let mut records = Vec::new();
            for wallet in wallets {
                for hotkey in &wallet.hotkeys {
                    let mut record = serde_json::to_value(hotkey)?;
                    record["wallet"] = wallet.wallet.clone().into();
                    record["coldkey_address"] = serde_json::to_value(wallet.coldkey_address)?;
                    records.push(record);
                }
            }
            to_csv(&records)
        }
    })
}

/// A wallet and a hotkey by one argument.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('/') {
        Some((wallet, hotkey)) => (wallet, Some(hotkey)),
        None => (name, None),
    }
}

fn show(
    context: &Context,
    layout: &WalletLayout,
    name: Option<&str>,
    unlock: bool,
    password: &PasswordArgs,
) -> Result<Exit, Failure> {
    let named = variable("BT_WALLET_NAME").unwrap_or_else(|| DEFAULT.to_owned());
    let (wallet, hotkey) = split(name.unwrap_or(&named));
    let output = context.open_output(&[])?;
    let entry = layout.describe(wallet)?;
    let Some(hotkey) = hotkey else {
        if unlock {
            return Err(Failure::usage("--unlock opens one hotkey")
                .hint(format!("name it: {wallet}/HOTKEY")));
        }
        output.finish(&render(context, &[entry])?)?;
        return Ok(Exit::Ok);
    };
    let path = layout.hotkey_file(wallet, hotkey)?;
    // An encrypted file is read as far as its first bytes, and described by its public half.
    let opened = read_key_file(&path, |_| match unlock {
        true => asked(&path, password.password_file.as_deref()),
        false => Ok(None),
    });
    let (address, derived) = match opened {
        Ok(WalletKey::Hotkey(key)) => (Some(key.address()), true),
        Ok(WalletKey::Public(address)) => (Some(address), false),
        Err(WalletError::Locked { .. }) if !unlock => (None, false),
        Err(e) => return Err(e.into()),
    };
    let found = entry.hotkeys.iter().find(|h| h.hotkey == hotkey);
    let found = found.ok_or_else(|| WalletError::NoHotkey {
        folder: path.clone(),
        name: hotkey.to_owned(),
        known: Vec::new(),
    })?;
    let described = HotkeyEntry {
        hotkey: found.hotkey.clone(),
        address: address.or(found.address),
        form: found.form,
        state: found.state,
        problem: found.problem.clone(),
    };
    let sealed = described
        .form
        .is_some_and(|form| form != KeyFileForm::Clear);
    let shown = Opened {
        wallet,
        coldkey_address: entry.coldkey_address,
        coldkey: entry.coldkey,
        hotkey: &described,
        public_key: described
            .address
            .map(|a| format!("0x{}", hex::encode(a.public_key()))),
        derived,
        password_variable: sealed.then(|| variable_name(&path)),
        path,
    };
    let text = context.format()?.render(&shown, opened_table)?;
    output.finish(&text)?;
    Ok(Exit::Ok)
}

fn opened_table(shown: &Opened<'_>) -> String {
    let unknown = || "unknown".to_owned();
    let hotkey = shown.hotkey;
    let origin = if shown.derived {
        "derived from the secret, and what the file says"
    } else {
        "as the public half says"
    };
    let mut facts = vec![
        ("hotkey", format!("{}/{}", shown.wallet, hotkey.hotkey)),
        (
            "address",
            hotkey
                .address
                .map_or_else(unknown, |a| format!("{a} ({origin})")),
        ),
        (
            "public key",
            shown.public_key.clone().unwrap_or_else(unknown),
        ),
        ("file", shown.path.display().to_string()),
        ("kept", hotkey.form.map_or_else(unknown, |f| f.to_string())),
        (
            "coldkey",
            shown
                .coldkey_address
                .map_or_else(unknown, |a| a.to_string()),
        ),
    ];
    if let Some(variable) = &shown.password_variable {
        facts.push(("password", format!("wallets look for {variable}")));
    }
    if let Some(problem) = &hotkey.problem {
        facts.push(("note", problem.clone()));
    }
    key_values(&facts)
}
