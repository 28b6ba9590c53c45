//! What a miner needs before it serves: its key, its folders, its view of the subnet.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::folders::{absolute, metadata_cache};
use super::super::keys::{open_hotkey, wallets};
use super::super::making;
use super::super::reach;
use super::super::revision::choose;
use super::settings::{MineArgs, MineSetup};
use crate::chain::{ConnectOptions, Network, TimeLimits};
use crate::history::Folder;
use crate::miner::tasks::{Maker, Slots, TaskDirs};
use crate::miner::{
    Database, DatabaseError, MetagraphSource, MetagraphSourceError, RequestLog, TaskService, Tuning,
};
use crate::rules::Catalogue;
use crate::wallet::Hotkey;

/// Time for one read of the metagraph. Our choice.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The hotkey that signs.
pub(super) fn key(args: &MineArgs, setup: &MineSetup) -> Result<Hotkey, Failure> {
    let layout = wallets(setup.settings.wallet_path.as_deref())?;
    open_hotkey(
        &layout,
        setup.mine.wallet.as_deref(),
        setup.mine.hotkey.as_deref(),
        args.password_file.as_deref(),
    )
}

/// Where the metagraph comes from.
pub(super) fn source(
    context: &Context,
    args: &MineArgs,
    setup: &MineSetup,
) -> Result<MetagraphSource, Failure> {
    if args.offline {
        let path = setup.mine.metagraph.clone().ok_or_else(|| {
            Failure::usage("--offline needs --metagraph")
                .hint("`vidaio subnet --save FILE` writes one")
        })?;
        let netuid = setup.settings.netuid;
        return Ok(MetagraphSource::Snapshot { path, netuid });
    }
    let network: Network =
        setup
            .settings
            .network
            .parse()
            .map_err(|e: crate::chain::NetworkError| {
                Failure::usage(e.to_string()).hint("--network finney, or --network wss://host:443")
            })?;
    for endpoint in network.open_to_all() {
        context.warn(&format!(
            "{endpoint}: this connection is not encrypted, so whoever carries it can change who may ask"
        ));
    }
    Ok(MetagraphSource::Chain {
        options: Box::new(ConnectOptions {
            network,
            limits: TimeLimits::within(PATIENCE),
            cache: metadata_cache(),
        }),
        netuid: setup.settings.netuid,
    })
}

/// The state directory: the one that is set, or one in the user's data directory named after the hotkey, since two
/// hotkeys of one user are two miners.
pub(super) fn state_dir(setup: &MineSetup, hotkey: &Hotkey) -> Result<PathBuf, Failure> {
    if let Some(folder) = &setup.mine.state_dir {
        return Ok(absolute(folder));
    }
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage("no home folder is known, so there is no place for the miner's state")
            .hint("name one with --state-dir")
    })?;
    let folder = base.data_dir().join("vidaio").join("mine");
    Ok(folder.join(hotkey.address().to_string()))
}

/// The asynchronous runtime.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Internal, format!("no runtime ({e})")))
}

/// The history folder: the one that is set, or one in the state directory.
pub(super) fn history(setup: &MineSetup, state: &Path) -> PathBuf {
    let named = setup.mine.history_dir.clone();
    named.unwrap_or_else(|| state.join("history"))
}

/// The service that processes tasks.
pub(super) fn task_service(
    context: &Context,
    setup: &MineSetup,
    state: &Path,
    history: &Path,
    database: &Database,
) -> Result<TaskService, Failure> {
    let dirs = TaskDirs::open(&state.join("work")).map_err(|e| {
        Failure::new(Exit::Output, e.to_string())
            .hint("choose a folder you may write to: --state-dir")
    })?;
    Ok(TaskService::new(
        Slots::new(setup.mine.slots, setup.mine.waiting),
        dirs,
        RequestLog::new(database.clone(), Folder::open(history)?),
        tuning(context, setup)?,
    ))
}

/// The settings that may change while the miner runs.
///
/// # Errors
/// There are no such rules.
pub(super) fn tuning(context: &Context, setup: &MineSetup) -> Result<Tuning, Failure> {
    let catalogue = Catalogue::embedded()?;
    // By its own name: `latest` stays what it is in this program, even if the command is replaced by a later one.
    let rules = choose(&catalogue, making::rules(context, &setup.settings))?;
    let rules = rules.revision.name.clone();
    // Commands run in directories of their own.
    let elsewhere = |path: &Path| match path.components().count() {
        0 | 1 => path.to_path_buf(),
        _ => absolute(path),
    };
    let model = Path::new(&setup.mine.upscale_model);
    let model = if model.is_file() {
        absolute(model).display().to_string()
    } else {
        setup.mine.upscale_model.clone()
    };
    Ok(Tuning {
        maker: Maker {
            program: reach::video_program(),
            rules,
            model,
            frames: setup.mine.frames,
            ffmpeg: elsewhere(&setup.settings.ffmpeg),
            settings: setup.passed_on.clone(),
        },
        tasks: setup.mine.tasks.clone(),
        warrant: setup.mine.warrant,
        content_length: setup.mine.content_length,
        least_stake: setup.mine.least_stake,
    })
}

impl From<MetagraphSourceError> for Failure {
    fn from(error: MetagraphSourceError) -> Self {
        match error {
            MetagraphSourceError::Chain(e) => e.into(),
            MetagraphSourceError::Snapshot { .. } => Self::bad_input(error.to_string())
                .hint("`vidaio subnet --save FILE` writes a snapshot"),
            MetagraphSourceError::System(e) => Self::new(Exit::Internal, e.to_string()),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        let hint = match &error {
            DatabaseError::Taken(_) => {
                "one process serves one hotkey: stop the other, or give this one its own --state-dir"
            }
            DatabaseError::Later { .. } => {
                "run the vidaio that wrote it, or give this one its own --state-dir"
            }
            DatabaseError::Sqlite { .. } => {
                "if it is damaged, move it away: a new one is begun, without what this one remembers"
            }
            _ => "choose a folder you may write to: --state-dir",
        };
        Self::new(Exit::Output, error.to_string()).hint(hint)
    }
}
