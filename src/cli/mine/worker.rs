//! `vidaio worker`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use tokio_util::sync::CancellationToken;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::folders::absolute;
use super::settings::{self, MineSetup};
use super::signals::Signals;
use super::{axon, log, prepare};
use crate::config::Layers;
use crate::miner::Database;
use crate::miner::jobs::{JobRunner, JobStore, Queue, SharedQueue};
use crate::miner::storage::{S3Bucket, Storage};

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

/// Time for jobs under way to finish once the worker is asked to stop. Our choice.
const GRACE: Duration = Duration::from_secs(300);

impl WorkerArgs {
    fn apply(&self, context: &Context) -> Result<Layers, Failure> {
        let mut layers = context.layers.clone();
        layers.flag("queue", self.queue.clone());
        layers.flag("slots", self.slots.map(|n| n.to_string()));
        layers.flag("upscale_model", self.upscale_model.clone());
        layers.flag("state_dir", settings::path(self.state_dir.as_deref())?);
        layers.flag("log_format", self.log_format.clone());
        Ok(layers)
    }
}

pub(in crate::cli) fn run(context: &Context, args: &WorkerArgs) -> Result<Exit, Failure> {
    let setup = settings::resolve(&args.apply(context)?)?;
    let Some(address) = setup.mine.queue.clone() else {
        return Err(Failure::usage("a worker needs a queue")
            .hint("name the one of the miner: --queue redis://host:port/0"));
    };
    let bucket = S3Bucket::of(&setup.mine)?.ok_or_else(axon::needs_bucket)?;
    log::begin(context, setup.mine.log_format);
    for note in &setup.notes {
        tracing::info!("settings: {note}");
    }
    let runtime = prepare::runtime()?;
    let done = runtime.block_on(work(context, args, &setup, &address, &bucket));
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

async fn work(
    context: &Context,
    args: &WorkerArgs,
    setup: &MineSetup,
    address: &str,
    bucket: &S3Bucket,
) -> Result<Exit, Failure> {
    let state = match &setup.mine.state_dir {
        Some(folder) => absolute(folder),
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
    let connection = SharedQueue::connect(address).await?;
    let database = Database::open(&state).await?;
    let history = prepare::history(setup, &state);
    let tasks = prepare::task_service(context, setup, &state, &history, &database)?;
    let storage = Storage::bucket(bucket, setup.mine.link_life, database.clone())?;
    let runner = JobRunner {
        tasks: Arc::new(tasks),
        storage: storage.clone(),
        fetcher: axon::fetcher(setup)?,
        jobs: JobStore::new(database.clone(), Some(connection.clone())),
    };
    let stop = CancellationToken::new();
    let sweeping = tokio::spawn(storage.sweep_on(stop.clone()));
    let tasks = Arc::clone(&runner.tasks);
    let working =
        tokio::spawn(Queue::redis(connection).work_on(runner, setup.mine.slots, stop.clone()));
    tracing::info!(slots = setup.mine.slots, "working off orders");
    let _ignored = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let mut signals = Signals::listen().map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
    let reread = || {
        let fresh = context.reread()?;
        prepare::tuning(&fresh, &settings::resolve(&args.apply(&fresh)?)?)
    };
    signals.end(&tasks, reread).await;
    let _ignored = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    tracing::info!("ending: orders under way are let finish; ask again to end at once");
    stop.cancel();
    let ended = async {
        let _ended = tokio::join!(working, sweeping);
    };
    tokio::select! {
        () = ended => {}
        () = tokio::time::sleep(GRACE) => tracing::warn!("orders under way are left to other workers"),
        () = signals.end_at_once() => tracing::warn!("ended at once"),
    }
    database.close().await;
    Ok(Exit::Ok)
}
