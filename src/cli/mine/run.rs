//! Serves validators until it is asked to stop.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::listen::{bind, everywhere};
use super::settings::{MineArgs, MineSetup};
use super::signals::Signals;
use super::{announce, axon, check, equipment, log, prepare};
use crate::miner::artifact::{ArtifactServer, TransferLimits};
use crate::miner::status::{AxonBackend, MinerInfo, status_router};
use crate::miner::{Database, MetagraphSource, Service, Validators, listen};
use crate::wallet::Hotkey;

/// Time for tasks under way to finish once the miner is asked to stop. Our choice.
const GRACE: Duration = Duration::from_secs(300);
/// Time for requests to the miner's own page to finish. Our choice.
const PAGE_GRACE: Duration = Duration::from_secs(1);
/// Time for blocking threads to finish after everything else. Our choice.
const RUNTIME_GRACE: Duration = Duration::from_secs(1);

pub(in crate::cli) fn run(context: &Context, args: &MineArgs) -> Result<Exit, Failure> {
    if context.output.is_some() && !args.check {
        return Err(Failure::usage("mine has no result that -o could name")
            .hint("its log goes to standard error, its rounds to --history-dir"));
    }
    let setup = args.resolve(context)?;
    if args.check {
        return check::run(context, args, &setup);
    }
    log::begin(context, setup.mine.log_format);
    for note in &setup.notes {
        tracing::info!("settings: {note}");
    }
    let hotkey = prepare::key(args, &setup)?;
    let source = prepare::source(context, args, &setup)?;
    let metagraph = source.read()?;
    if metagraph.hotkey(&hotkey.address()).is_none() {
        context.warn(&format!(
            "{} is not registered on subnet {}: no validator will ask it",
            hotkey.address(),
            metagraph.netuid
        ));
    }
    let validators = Validators::with(metagraph);
    let runtime = prepare::runtime()?;
    let done = runtime.block_on(serve(context, args, setup, hotkey, source, validators));
    runtime.shutdown_timeout(RUNTIME_GRACE);
    done
}

/// What runs beside the servers, and ends with them.
struct Background {
    stop: CancellationToken,
    tasks: TaskTracker,
}

async fn serve(
    context: &Context,
    args: &MineArgs,
    setup: MineSetup,
    hotkey: Hotkey,
    source: MetagraphSource,
    validators: Validators,
) -> Result<Exit, Failure> {
    let metrics = install_metrics();
    let state = prepare::state_dir(&setup, &hotkey)?;
    let database = Database::open(&state).await?;
    let history = prepare::history(&setup, &state);
    let tasks = prepare::task_service(context, &setup, &state, &history, &database)?;
    let service = Arc::new(Service {
        hotkey,
        validators,
        tasks: Arc::new(tasks),
    });
    service
        .validators
        .keep_fresh(source.clone())
        .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
    let (listener, bound) = bind(everywhere(&setup.mine), "--axon-port").await?;
    let background = Background {
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
    };
    let host = axon::MinerHost {
        database: &database,
        state: &state,
        bound,
    };
    let (router, backend) = protocols(&setup, &service, &host, &background).await?;
    background.tasks.close();
    let equipment = Arc::new(OnceLock::new());
    let mut info = info(&setup, &service, &history, &source);
    info.equipment = Arc::clone(&equipment);
    let page = serve_page(&setup, &service, info, metrics, backend, &background.stop).await?;
    tracing::info!(address = %bound, hotkey = %service.hotkey.address(), "serving validators");
    let serving = listen::serve(listener, router, background.stop.clone(), GRACE);
    let serving = tokio::spawn(serving);
    tokio::task::spawn_blocking(move || {
        let _once = equipment.set(equipment::announce());
    });
    announce::announce(&setup, &service, &source, bound.port());
    // There may be no service manager to notify.
    let _ignored = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let mut signals = Signals::listen().map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
    let reread = || {
        let fresh = context.reread()?;
        prepare::tuning(&fresh, &args.resolve(&fresh)?)
    };
    signals.end(&service.tasks, reread).await;
    finish(&service, serving, &background, &mut signals).await;
    if let Some(page) = page {
        page.abort();
    }
    database.close().await;
    Ok(Exit::Ok)
}

/// Collects metrics from now on; the handle gives them as text.
fn install_metrics() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _once = metrics::set_global_recorder(recorder);
    handle
}

/// The routes of the protocols that are served, and what the axon has beyond the service.
async fn protocols(
    setup: &MineSetup,
    service: &Arc<Service>,
    host: &axon::MinerHost<'_>,
    background: &Background,
) -> Result<(Router, Option<AxonBackend>), Failure> {
    let mut router = Router::new();
    if setup.mine.protocol.has_artifact() {
        let server = ArtifactServer::new(Arc::clone(service), TransferLimits::default());
        router = router.merge(server.router());
    }
    let Background { stop, tasks } = background;
    if !setup.mine.protocol.has_axon() {
        axon::sweep_leftovers(setup, host, stop, tasks).await;
        return Ok((router, None));
    }
    let axon = axon::begin(setup, service, host, stop, tasks).await?;
    router = axon.router.merge(router);
    if let Some(files) = axon.backend.storage.router() {
        router = router.merge(files);
    }
    Ok((router, Some(axon.backend)))
}

/// Serves the miner's own page, health and metrics, if the settings have an address for them.
async fn serve_page(
    setup: &MineSetup,
    service: &Arc<Service>,
    mut info: MinerInfo,
    metrics: PrometheusHandle,
    backend: Option<AxonBackend>,
    stop: &CancellationToken,
) -> Result<Option<JoinHandle<()>>, Failure> {
    let Some(address) = setup.mine.admin else {
        return Ok(None);
    };
    let (listener, bound) = bind(address, "--admin").await?;
    let storage = backend.as_ref().map(|b| b.storage.description().to_owned());
    let storage = storage.unwrap_or_else(|| "not used".into());
    info.lines.push(("results lie in", storage));
    let router = status_router(Arc::clone(service), info, metrics, backend);
    let serving = listen::serve(listener, router, stop.clone(), PAGE_GRACE);
    tracing::info!(address = %bound, "page, health and metrics");
    Ok(Some(tokio::spawn(serving)))
}

/// Stops accepting requests and waits for those under way: until they are done, the time is over, or a second signal
/// says so.
async fn finish(
    service: &Service,
    serving: JoinHandle<()>,
    background: &Background,
    signals: &mut Signals,
) {
    let _ignored = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    let (busy, _) = service.tasks.slots.load();
    tracing::info!("ending: {busy} tasks are let finish; ask again to end at once");
    background.stop.cancel();
    let ended = async {
        let _ended = serving.await;
        background.tasks.wait().await;
    };
    tokio::select! {
        () = ended => {}
        () = tokio::time::sleep(GRACE) => {
            tracing::warn!("what was under way is lost; orders of the axon are begun again at the next start");
        }
        () = signals.end_at_once() => tracing::warn!("ended at once; what was under way is lost"),
    }
}

/// What the page says of the set-up.
fn info(
    setup: &MineSetup,
    service: &Service,
    history: &Path,
    source: &MetagraphSource,
) -> MinerInfo {
    let tuning = service.tasks.tuning();
    let chain = match source {
        MetagraphSource::Snapshot { path, .. } => {
            format!("none: {} takes its place", path.display())
        }
        MetagraphSource::Chain { .. } => {
            format!(
                "{}, subnet {}",
                setup.settings.network, setup.settings.netuid
            )
        }
    };
    MinerInfo {
        hotkey: service.hotkey.address().to_string(),
        started: Instant::now(),
        lines: vec![
            ("version", env!("CARGO_PKG_VERSION").into()),
            (
                "protocol",
                format!("{:?}", setup.mine.protocol).to_lowercase(),
            ),
            ("competes in", tuning.warrant.noun().into()),
            ("chain", chain),
            ("slots", setup.mine.slots.to_string()),
            ("history", history.display().to_string()),
        ],
        equipment: Arc::default(),
        history: history.to_path_buf(),
    }
}
