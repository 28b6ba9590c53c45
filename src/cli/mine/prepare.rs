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
use super::settings::{Chosen, MineArgs};
use crate::chain::{ConnectOptions, Network, TimeLimits};
use crate::history::Folder;
use crate::miner::tasks::{Maker, Slots, Workplace};
use crate::miner::{Database, DatabaseError, Rounds, Source, SourceError, Tuning, Workshop};
use crate::rules::Catalogue;
use crate::wallet::Hotkey;

/// Time for one read of the metagraph.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// The key that signs.
pub(super) fn key(args: &MineArgs, chosen: &Chosen) -> Result<Hotkey, Failure> {
    let layout = wallets(chosen.settings.wallet_path.as_deref())?;
    open_hotkey(
        &layout,
        chosen.mine.wallet.as_deref(),
        chosen.mine.hotkey.as_deref(),
        args.password_file.as_deref(),
    )
}

/// Where the metagraph comes from.
pub(super) fn source(
    context: &Context,
    args: &MineArgs,
    chosen: &Chosen,
) -> Result<Source, Failure> {
    if args.offline {
        let path = chosen.mine.metagraph.clone().ok_or_else(|| {
            Failure::usage("--offline needs --metagraph")
                .hint("`vidaio subnet --save FILE` writes one")
        })?;
        let netuid = chosen.settings.netuid;
        return Ok(Source::Snapshot { path, netuid });
    }
    let network: Network =
        chosen
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
    Ok(Source::Chain {
        asked: Box::new(ConnectOptions {
            network,
            limits: TimeLimits::within(PATIENCE),
            cache: metadata_cache(),
        }),
        netuid: chosen.settings.netuid,
    })
}

/// Folder of the state: named, or in the user's data folder under the hotkey's address, since two hotkeys
/// of one user are two miners.
pub(super) fn state_dir(chosen: &Chosen, hotkey: &Hotkey) -> Result<PathBuf, Failure> {
    if let Some(folder) = &chosen.mine.state_dir {
        return Ok(std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
    }
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage("no home folder is known, so there is no place for the miner's state")
            .hint("name one with --state-dir")
    })?;
    let folder = base.data_dir().join("vidaio").join("mine");
    Ok(folder.join(hotkey.address().to_string()))
}

/// What waits for the network and the disk.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Internal, format!("no runtime ({e})")))
}

/// Folder of the rounds: named, or beside the state.
pub(super) fn history(chosen: &Chosen, state: &Path) -> PathBuf {
    let named = chosen.mine.history_dir.clone();
    named.unwrap_or_else(|| state.join("history"))
}

/// Where tasks are worked on, whoever asks for them.
pub(super) fn shop(
    context: &Context,
    chosen: &Chosen,
    state: &Path,
    history: &Path,
    database: &Database,
) -> Result<Workshop, Failure> {
    let workplace = Workplace::open(&state.join("work")).map_err(|e| {
        Failure::new(Exit::Output, e.to_string())
            .hint("choose a folder you may write to: --state-dir")
    })?;
    Ok(Workshop::new(
        Slots::new(chosen.mine.slots, chosen.mine.waiting),
        workplace,
        Rounds::new(database.clone(), Folder::open(history)?),
        tuning(context, chosen)?,
    ))
}

/// How things are done.
///
/// # Errors
/// Rules that there are none of.
pub(super) fn tuning(context: &Context, chosen: &Chosen) -> Result<Tuning, Failure> {
    let catalogue = Catalogue::embedded()?;
    // By its own name: what is the latest of this program stays it for as long as it runs.
    let rules = choose(&catalogue, making::rules(context, &chosen.settings))?;
    let rules = rules.revision.name.clone();
    // Commands stand in folders of their own.
    let elsewhere = |path: &Path| match path.components().count() {
        0 | 1 => path.to_path_buf(),
        _ => absolute(path),
    };
    let model = Path::new(&chosen.mine.upscale_model);
    let model = if model.is_file() {
        absolute(model).display().to_string()
    } else {
        chosen.mine.upscale_model.clone()
    };
    Ok(Tuning {
        maker: Maker {
            program: reach::video_program(),
            rules,
            model,
            frames: chosen.mine.frames,
            ffmpeg: elsewhere(&chosen.settings.ffmpeg),
            settings: chosen.handed.clone(),
        },
        tasks: chosen.mine.tasks.clone(),
        warrant: chosen.mine.warrant,
        content_length: chosen.mine.content_length,
        least_stake: chosen.mine.least_stake,
    })
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Chain(e) => e.into(),
            SourceError::Snapshot { .. } => Self::bad_input(error.to_string())
                .hint("`vidaio subnet --save FILE` writes a snapshot"),
            SourceError::System(e) => Self::new(Exit::Internal, e.to_string()),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        let hint = match &error {
            DatabaseError::Taken(_) => {
                "one process serves one hotkey: stop the other, or give this one its own --state-dir"
            }
            DatabaseError::Sqlite { .. } => {
                "if it is damaged, move it away: a new one is begun, without what this one remembers"
            }
            _ => "choose a folder you may write to: --state-dir",
        };
        Self::new(Exit::Output, error.to_string()).hint(hint)
    }
}
