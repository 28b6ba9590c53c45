//! Serves until it is told to end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::settings::{Chosen, MineArgs};
use super::signals::Signals;
use super::{announce, axon, check, equipment, log, prepare};
use crate::config::MineSettings;
use crate::miner::artifact::{ArtifactServer, Limits};
use crate::miner::status::{Backing, Facts, status_router};
use crate::miner::{Database, Service, Source, Validators, listen};
use crate::wallet::Hotkey;

/// Time that work under way gets to end once the miner is told to.
const PATIENCE: Duration = Duration::from_secs(300);

pub(in crate::cli) fn run(context: &Context, args: &MineArgs) -> Result<Exit, Failure> {
    if context.output.is_some() && !args.check {
        return Err(Failure::usage("mine has no result that -o could name")
            .hint("its log goes to standard error, its rounds to --history-dir"));
    }
    let chosen = args.choose(context)?;
    if args.check {
        return check::run(context, args, &chosen);
    }
    log::begin(context, chosen.mine.log_format);
    for note in &chosen.notes {
        tracing::info!("settings: {note}");
    }
    let hotkey = prepare::key(args, &chosen)?;
    let source = prepare::source(context, args, &chosen)?;
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
    let done = runtime.block_on(serve(context, args, chosen, hotkey, source, validators));
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// A port that is listened on.
pub(super) async fn bind(
    address: SocketAddr,
    flag: &str,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |e: std::io::Error| {
        Failure::new(
            Exit::Network,
            format!("{address}: cannot be listened on ({e})"),
        )
        .hint(format!(
            "stop whatever listens there, or name another: {flag}"
        ))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Where validators are listened to: everywhere, over the newer addresses too where that is what they are told.
pub(super) fn everywhere(mine: &MineSettings) -> SocketAddr {
    match mine.external_ip {
        Some(IpAddr::V6(_)) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, mine.axon_port)),
        _ => SocketAddr::from((Ipv4Addr::UNSPECIFIED, mine.axon_port)),
    }
}

async fn serve(
    context: &Context,
    args: &MineArgs,
    chosen: Chosen,
    hotkey: Hotkey,
    source: Source,
    validators: Validators,
) -> Result<Exit, Failure> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _once = metrics::set_global_recorder(recorder);
    let state = prepare::state_dir(&chosen, &hotkey)?;
    let database = Database::open(&state).await?;
    let history = prepare::history(&chosen, &state);
    let shop = prepare::shop(context, &chosen, &state, &history, &database)?;
    let service = Arc::new(Service {
        hotkey,
        validators,
        shop: Arc::new(shop),
    });
    let offline = matches!(source, Source::Snapshot { .. });
    let told = source.clone();
    service
        .validators
        .keep_young(source)
        .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
    let everywhere = everywhere(&chosen.mine);
    let (listener, bound) = bind(everywhere, "--axon-port").await?;
    let mut router = Router::new();
    if chosen.mine.protocol.has_artifact() {
        let server = ArtifactServer::new(Arc::clone(&service), Limits::default());
        router = router.merge(server.router());
    }
    let equipment = Arc::new(OnceLock::new());
    let stop = CancellationToken::new();
    let background = TaskTracker::new();
    let mut storage_says = "not used".to_owned();
    let mut backing = None;
    if chosen.mine.protocol.has_axon() {
        let axon = axon::begin(
            &chosen,
            &service,
            &database,
            &state,
            bound,
            &stop,
            &background,
        );
        let axon = axon.await?;
        storage_says = axon.storage.says().to_owned();
        router = axon.router.merge(router);
        if let Some(files) = axon.storage.router() {
            router = router.merge(files);
        }
        backing = Some(Backing {
            storage: axon.storage,
            results: axon.results,
        });
    }
    if backing.is_none() {
        axon::sweep_what_is_left(&chosen, &database, &state, bound, &stop, &background).await;
    }
    background.close();
    let admin = match chosen.mine.admin {
        Some(address) => {
            let (listener, bound) = bind(address, "--admin").await?;
            let mut facts = facts(&chosen, &service, &history, offline);
            facts.machine = Arc::clone(&equipment);
            facts.lines.push(("results lie in", storage_says));
            let router = status_router(Arc::clone(&service), facts, numbers, backing);
            let patience = Duration::from_secs(1);
            let serving = listen::serve(listener, router, stop.clone(), patience);
            tracing::info!(address = %bound, "page, health and metrics");
            Some(tokio::spawn(serving))
        }
        None => None,
    };
    tracing::info!(address = %bound, hotkey = %service.hotkey.address(), "serving validators");
    let serving = tokio::spawn(listen::serve(listener, router, stop.clone(), PATIENCE));
    let machine = Arc::clone(&equipment);
    tokio::task::spawn_blocking(move || {
        let _once = machine.set(equipment::announce());
    });
    announce::announce(&chosen, &service, &told, bound.port());
    // Nobody may be there to be told.
    let _untold = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let mut signals = Signals::listen().map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
    let reread = || {
        let fresh = context.reread()?;
        prepare::tuning(&fresh, &args.choose(&fresh)?)
    };
    signals.end(&service.shop, reread).await;
    let _untold = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    let (busy, _) = service.shop.slots.load();
    tracing::info!("ending: {busy} tasks are let finish; ask again to end at once");
    stop.cancel();
    let ended = async {
        let _ended = serving.await;
        background.wait().await;
    };
    tokio::select! {
        () = ended => {}
        () = tokio::time::sleep(PATIENCE) => {
            tracing::warn!("what was under way is lost; orders of the axon are begun again at the next start");
        }
        () = signals.end_at_once() => tracing::warn!("ended at once; what was under way is lost"),
    }
    if let Some(admin) = admin {
        admin.abort();
    }
    database.close().await;
    Ok(Exit::Ok)
}

fn facts(chosen: &Chosen, service: &Service, history: &std::path::Path, offline: bool) -> Facts {
    let tuning = service.shop.tuning();
    let chain = match (&chosen.mine.metagraph, offline) {
        (Some(path), true) => format!("none: {} takes its place", path.display()),
        _ => format!(
            "{}, subnet {}",
            chosen.settings.network, chosen.settings.netuid
        ),
    };
    Facts {
        hotkey: service.hotkey.address().to_string(),
        since: std::time::Instant::now(),
        lines: vec![
            ("version", env!("CARGO_PKG_VERSION").into()),
            (
                "protocol",
                format!("{:?}", chosen.mine.protocol).to_lowercase(),
            ),
            ("competes in", tuning.warrant.noun().into()),
            ("chain", chain),
            ("slots", chosen.mine.slots.to_string()),
            ("history", history.display().to_string()),
        ],
        machine: Arc::default(),
        history: history.to_path_buf(),
    }
}
