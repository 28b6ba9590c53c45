//! `vidaio worker`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::settings::{self, Chosen};
use super::{axon, log, prepare};
use crate::history::Folder;
use crate::miner::jobs::{Bench, Queue, Results};
use crate::miner::storage::{Bucket, Storage};
use crate::miner::tasks::{Slots, Workplace};
use crate::miner::{Database, Rounds, Workshop};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct WorkerArgs {
    /// The queue: redis://host:port/0 [default: setting `queue`]
    #[arg(long, value_name = "URL")]
    queue: Option<String>,
    /// Tasks at a time
    #[arg(long, value_name = "N")]
    slots: Option<u64>,
    /// Who enlarges: lanczos, bicubic, spline, auto, a model or a file of weights
    #[arg(long, value_name = "MODEL")]
    upscale_model: Option<String>,
    /// Folder of the database and of work [default: in the user's data folder]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Form of the log on standard error: text or json
    #[arg(long, value_name = "FORM")]
    log_format: Option<String>,
}

pub(in crate::cli) fn run(context: &Context, args: &WorkerArgs) -> Result<Exit, Failure> {
    let mut layers = context.layers.clone();
    layers.flag("queue", args.queue.clone());
    layers.flag("slots", args.slots.map(|n| n.to_string()));
    layers.flag("upscale_model", args.upscale_model.clone());
    layers.flag("state_dir", settings::path(args.state_dir.as_deref())?);
    layers.flag("log_format", args.log_format.clone());
    let chosen = settings::resolve(&layers)?;
    let Some(address) = chosen.mine.queue.clone() else {
        return Err(Failure::usage("a worker needs a queue")
            .hint("name the one of the miner: --queue redis://host:port/0"));
    };
    let bucket = Bucket::of(&chosen.mine)?.ok_or_else(axon::needs_bucket)?;
    log::begin(context, chosen.mine.log_format);
    for note in &chosen.notes {
        tracing::info!("settings: {note}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::new(Exit::Internal, format!("no runtime ({e})")))?;
    let done = runtime.block_on(work(context, &chosen, &address, &bucket));
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn work(
    context: &Context,
    chosen: &Chosen,
    address: &str,
    bucket: &Bucket,
) -> Result<Exit, Failure> {
    let state = match &chosen.mine.state_dir {
        Some(folder) => folder.clone(),
        None => etcetera::choose_base_strategy()
            .map_err(|_| {
                Failure::usage(
                    "no home folder is known, so there is no place for the worker's state",
                )
                .hint("name one with --state-dir")
            })?
            .data_dir()
            .join("vidaio")
            .join("worker"),
    };
    let connection = Queue::connect(address).await?;
    let database = Database::open(&state).await?;
    let workplace = Workplace::open(&state.join("work")).map_err(|e| {
        Failure::new(Exit::Output, e.to_string())
            .hint("choose a folder you may write to: --state-dir")
    })?;
    let history = Folder::open(&state.join("history"))?;
    let shop = Workshop::new(
        Slots::new(chosen.mine.slots, chosen.mine.waiting),
        workplace,
        Rounds::new(database.clone(), history),
        prepare::tuning(context, chosen),
    );
    let storage = Storage::bucket(bucket, chosen.mine.link_life, database.clone())?;
    let bench = Bench {
        shop: Arc::new(shop),
        storage: storage.clone(),
        fetch: axon::fetch(chosen)?,
        results: Results::new(database.clone(), Some(connection.clone())),
    };
    let stop = CancellationToken::new();
    let sweeping = tokio::spawn(storage.sweep_on(stop.clone()));
    let working = Queue::redis(connection).work(bench, chosen.mine.slots, stop.clone());
    tracing::info!(slots = chosen.mine.slots, "working off orders");
    let _untold = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let mut working = std::pin::pin!(working);
    tokio::select! {
        ended = working.as_mut() => {
            ended?;
            return Err(Failure::new(Exit::Network, "the queue gives no more orders"));
        }
        () = told_to_end() => {}
    }
    tracing::info!("ending: orders under way are ended first");
    stop.cancel();
    working.await?;
    let _ended = sweeping.await;
    database.close().await;
    Ok(Exit::Ok)
}

async fn told_to_end() {
    let streams = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    if let (Ok(mut terminate), Ok(mut interrupt)) = streams {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    } else {
        std::future::pending::<()>().await;
    }
}
