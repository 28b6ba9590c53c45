//! Arguments of mining, and the settings that they override.

use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::folders::{VARIABLES, absolute};
use crate::config::{Layers, MineSettings, Settings};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct MineArgs {
    /// Wallet that mines [default: BT_WALLET_NAME, then default]
    #[arg(long, value_name = "NAME")]
    pub(super) wallet: Option<String>,
    /// Hotkey of that wallet [default: BT_WALLET_HOTKEY, then default]
    #[arg(long, value_name = "NAME")]
    pub(super) hotkey: Option<String>,
    /// Folder of wallets [default: setting `wallet_path`, BT_WALLET_PATH, ~/.bittensor/wallets]
    #[arg(long, value_name = "DIR")]
    pub(super) wallet_path: Option<PathBuf>,
    /// Read the password of an encrypted hotkey from the first line of a file
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// Try everything that mining needs, a line each, and end; exit code 1 when something is missing
    #[arg(long)]
    pub(super) check: bool,
    /// finney, test, local, or wss://… addresses with commas between
    #[arg(long, value_name = "NETWORK", help_heading = "Chain")]
    network: Option<String>,
    /// Number of the subnet
    #[arg(long, value_name = "N", help_heading = "Chain")]
    netuid: Option<u16>,
    /// Ask nothing of the chain: --metagraph takes its place
    #[arg(long, requires = "metagraph", help_heading = "Chain")]
    pub(super) offline: bool,
    /// Snapshot for --offline; `vidaio subnet --save FILE` writes one
    #[arg(
        long,
        value_name = "FILE",
        requires = "offline",
        help_heading = "Chain"
    )]
    metagraph: Option<PathBuf>,
    /// Port on which validators are served
    #[arg(long, value_name = "PORT", help_heading = "Serving")]
    axon_port: Option<u16>,
    /// Address under which validators reach this machine
    #[arg(long, value_name = "IP", help_heading = "Serving")]
    external_ip: Option<String>,
    /// What is spoken: artifact, axon or both
    #[arg(long, value_name = "PROTOCOL", help_heading = "Serving")]
    protocol: Option<String>,
    /// What is worked on: compress, upscale, or both with a comma between
    #[arg(long, value_name = "TASKS", help_heading = "Serving")]
    tasks: Option<String>,
    /// The one task that is competed in: compress or upscale
    #[arg(long, value_name = "TASK", help_heading = "Serving")]
    warrant: Option<String>,
    /// Seconds of video that can be enlarged: 5 or 10
    #[arg(long, value_name = "SECONDS", help_heading = "Serving")]
    content_length: Option<String>,
    /// Address and port of page, health and metrics
    #[arg(long, value_name = "IP:PORT", help_heading = "Serving")]
    admin: Option<String>,
    /// Tasks at a time
    #[arg(long, value_name = "N", help_heading = "Work")]
    slots: Option<u64>,
    /// Who enlarges: lanczos, bicubic, spline, auto, a model or a file of weights
    #[arg(long, value_name = "MODEL", help_heading = "Work")]
    upscale_model: Option<String>,
    /// Folder of the database, of work and of this machine's own storage
    #[arg(long, value_name = "DIR", help_heading = "Work")]
    state_dir: Option<PathBuf>,
    /// Folder of the served rounds, as `vidaio multipliers` reads it
    #[arg(long, value_name = "DIR", help_heading = "Work")]
    history_dir: Option<PathBuf>,
    /// Queue of the axon's jobs that several machines share: redis://host:port/0
    #[arg(long, value_name = "URL", help_heading = "Work")]
    queue: Option<String>,
    /// Form of the log on standard error: text or json
    #[arg(long, value_name = "FORM", help_heading = "Work")]
    log_format: Option<String>,
}

/// The settings of a miner or a worker.
pub(super) struct MineSetup {
    pub(super) settings: Settings,
    pub(super) mine: MineSettings,
    /// Remarks on the files that they could have come from.
    pub(super) notes: Vec<String>,
    /// Environment variables that pass settings on to the commands that this process runs.
    pub(super) passed_on: Vec<(String, String)>,
}

impl MineArgs {
    /// Resolves the arguments over the settings, with the files as they are now.
    pub(super) fn resolve(&self, context: &Context) -> Result<MineSetup, Failure> {
        let mut layers = context.layers.clone();
        self.apply(&mut layers)?;
        resolve(&layers)
    }

    fn apply(&self, layers: &mut Layers) -> Result<(), Failure> {
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        layers.flag("wallet", self.wallet.clone());
        layers.flag("hotkey", self.hotkey.clone());
        layers.flag("wallet_path", path(self.wallet_path.as_deref())?);
        layers.flag("network", self.network.clone());
        layers.flag("netuid", number(self.netuid.map(u64::from)));
        layers.flag("metagraph", path(self.metagraph.as_deref())?);
        layers.flag("axon_port", number(self.axon_port.map(u64::from)));
        layers.flag("external_ip", self.external_ip.clone());
        layers.flag("protocol", self.protocol.clone());
        layers.flag("tasks", self.tasks.clone());
        layers.flag("warrant", self.warrant.clone());
        layers.flag("content_length", self.content_length.clone());
        layers.flag("admin", self.admin.clone());
        layers.flag("slots", number(self.slots));
        layers.flag("upscale_model", self.upscale_model.clone());
        layers.flag("state_dir", path(self.state_dir.as_deref())?);
        layers.flag("history_dir", path(self.history_dir.as_deref())?);
        layers.flag("queue", self.queue.clone());
        layers.flag("log_format", self.log_format.clone());
        Ok(())
    }
}

/// Resolves layers of settings, with remarks on the files that they could have come from.
pub(super) fn resolve(layers: &Layers) -> Result<MineSetup, Failure> {
    let mut notes = Vec::new();
    for path in Context::files() {
        if !path.is_file() {
            notes.push(format!("{}: not there", absolute(&path).display()));
        }
    }
    if !Path::new(VARIABLES).is_file() {
        let path = absolute(Path::new(VARIABLES));
        notes.push(format!("{}: not there", path.display()));
    }
    Ok(MineSetup {
        settings: Context::resolve(layers)?,
        mine: MineSettings::resolve(layers)?,
        notes,
        passed_on: passed_on(layers),
    })
}

/// Settings that commands read for themselves, as variables. Paths are absolute, since commands run elsewhere.
fn passed_on(layers: &Layers) -> Vec<(String, String)> {
    let set = layers.iter().filter(|(key, ..)| layers.is_set(key));
    set.filter_map(|(key, value, _)| {
        let value = match key {
            "threads" | "memory" | "seed" | "device" | "learn" => value.to_owned(),
            "worker" | "models_dir" | "pieapp_weights" => {
                absolute(Path::new(value)).display().to_string()
            }
            _ => return None,
        };
        Some((format!("VIDAIO_{}", key.to_uppercase()), value))
    })
    .collect()
}

/// A path as the text of a setting.
pub(super) fn path(path: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    let text = path.to_str().ok_or_else(|| {
        Failure::usage(format!("{}: the path is not UTF-8 text", path.display())).hint("rename it")
    })?;
    Ok(Some(text.to_owned()))
}
