//! `vidaio mine --check`: tries everything that mining needs, and prints a line for each.

use std::net::SocketAddr;
use std::time::Duration;

use super::super::context::Context;
use super::super::equipment::{ENCODERS, FFMPEG_LIBRARIES, FFMPEG_PROGRAM, LIBVMAF, OK};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::reach;
use super::check_results::{CheckState, Tries};
use super::listen::{bind, everywhere};
use super::settings::{MineArgs, MineSetup};
use super::{axon, equipment, prepare};
use crate::chain::{ChainError, Endpoint, block_on, with_chain};
use crate::miner::jobs::SharedQueue;
use crate::miner::tasks::TaskDirs;
use crate::miner::{Database, MetagraphSource};
use crate::report::rows;
use crate::wallet::Hotkey;

/// Bytes that should be free. Our choice: an input of 2 GiB, its output, and the files of the search.
const ROOM: u64 = 8 << 30;
/// Time for a connection to the miner's own address. Our choice.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) fn run(context: &Context, args: &MineArgs, setup: &MineSetup) -> Result<Exit, Failure> {
    let output = context.open_output(&[])?;
    let mut tries = Tries(Vec::new());
    for note in &setup.notes {
        tries.add("settings", CheckState::Ok, note.as_str());
    }
    let key = prepare::key(args, setup).map(|key| {
        let detail = key.address().to_string();
        (key, detail)
    });
    let key = tries.take("wallet", key);
    chain(context, args, setup, key.as_ref(), &mut tries);
    let runtime = prepare::runtime()?;
    runtime.block_on(machine(setup, key.as_ref(), &mut tries));
    let tuning = prepare::tuning(context, setup).map(|tuning| ((), tuning.maker.rules));
    tries.take("rules", tuning);
    doctor(&mut tries);
    let missing = tries.0.iter().any(|t| t.state == CheckState::Missing);
    let text = super::super::list::render_list(context, &tries.0, |all| {
        let cells: Vec<Vec<String>> = all
            .iter()
            .map(|t| {
                vec![
                    t.what.clone(),
                    crate::rules::spelled(&t.state),
                    t.detail.clone(),
                ]
            })
            .collect();
        rows(&["what", "state", "detail"], &cells)
    })?;
    output.finish(&text)?;
    Ok(if missing { Exit::GateFailed } else { Exit::Ok })
}

fn chain(
    context: &Context,
    args: &MineArgs,
    setup: &MineSetup,
    key: Option<&Hotkey>,
    tries: &mut Tries,
) {
    let source = match prepare::source(context, args, setup) {
        Ok(source) => source,
        Err(failure) => {
            tries.add("chain", CheckState::Missing, failure.message());
            return;
        }
    };
    let read = source.read().map_err(Failure::from).map(|metagraph| {
        let what = match &source {
            MetagraphSource::Chain { netuid, .. } => {
                format!("subnet {netuid} on {}", setup.settings.network)
            }
            MetagraphSource::Snapshot { path, .. } => format!("{} takes its place", path.display()),
        };
        let detail = format!("{what}, block {}", metagraph.read.block);
        (metagraph, detail)
    });
    let Some(metagraph) = tries.take("chain", read) else {
        return;
    };
    clock(&source, tries);
    let permits = metagraph
        .neurons
        .iter()
        .filter(|n| n.validator_permit == Some(true));
    let permits = permits.count();
    let grade = if permits > 0 {
        CheckState::Ok
    } else {
        CheckState::Missing
    };
    tries.add("validators", grade, format!("{permits} hold a permit"));
    let Some(key) = key else {
        return;
    };
    match metagraph.hotkey(&key.address()) {
        None => tries.add(
            "registration",
            CheckState::Missing,
            format!(
                "the hotkey is not registered on subnet {}",
                metagraph.netuid
            ),
        ),
        Some(neuron) => {
            tries.add(
                "registration",
                CheckState::Ok,
                format!("uid {}", neuron.uid),
            );
            endpoint(setup, neuron, tries);
        }
    }
}

fn endpoint(setup: &MineSetup, neuron: &crate::subnet::Neuron, tries: &mut Tries) {
    let known = neuron.axon.map(Endpoint::from);
    let current = known.map_or_else(|| "nothing".to_owned(), |e| e.to_string());
    let Some(ip) = setup.mine.external_ip else {
        tries.add(
            "endpoint",
            CheckState::Warning,
            format!("external_ip is not set; the chain says {current}"),
        );
        return;
    };
    let own = Endpoint {
        ip,
        port: setup.mine.axon_port,
    };
    match own.problem() {
        Some(problem) => tries.add("endpoint", CheckState::Warning, format!("{own}: {problem}")),
        None if known == Some(own) => tries.add(
            "endpoint",
            CheckState::Ok,
            format!("{own}, as the chain says"),
        ),
        None => tries.add(
            "endpoint",
            CheckState::Ok,
            format!("{own}; the chain says {current}, and will be told"),
        ),
    }
}

/// Compares the clock with the time of the chain's newest final block.
fn clock(source: &MetagraphSource, tries: &mut Tries) {
    let MetagraphSource::Chain { options, .. } = source else {
        tries.add(
            "clock",
            CheckState::Warning,
            "offline: there is nothing to compare it with",
        );
        return;
    };
    let note = |e: &ChainError| tracing::debug!("{e}");
    let time = block_on(with_chain(options, &note, async |chain| chain.time().await));
    let Ok(Ok(Some(theirs))) = time else {
        tries.add(
            "clock",
            CheckState::Warning,
            "the node does not tell its time",
        );
        return;
    };
    let off = crate::miner::now() - theirs;
    let detail = format!("{off:+.1} s from the newest final block");
    // A final block is some blocks of twelve seconds old, so a clock may be ahead of it but not behind.
    if (-5.0..90.0).contains(&off) {
        tries.add("clock", CheckState::Ok, detail);
    } else {
        tries.add(
            "clock",
            CheckState::Missing,
            format!("{detail}: requests would be refused as too old or from the future"),
        );
    }
}

async fn machine(setup: &MineSetup, key: Option<&Hotkey>, tries: &mut Tries) {
    let listening = bind(everywhere(&setup.mine), "--axon-port").await;
    let listener = tries.take(
        "port",
        listening.map(|(listener, at)| (listener, format!("{at} is free"))),
    );
    if let (Some(listener), Some(ip)) = (&listener, setup.mine.external_ip) {
        reachable(listener, ip, tries).await;
    }
    if let Some(address) = setup.mine.admin {
        let listening = bind(address, "--admin").await;
        tries.take(
            "admin",
            listening.map(|(_, at)| ((), format!("{at} is free"))),
        );
    }
    let Some(key) = key else {
        return;
    };
    let state = match prepare::state_dir(setup, key) {
        Ok(state) => state,
        Err(failure) => {
            tries.add("state", CheckState::Missing, failure.message());
            return;
        }
    };
    let database = Database::open(&state).await.map_err(Failure::from);
    let database = tries.take(
        "state",
        database.map(|database| (database, state.display().to_string())),
    );
    let Some(database) = database else {
        return;
    };
    match TaskDirs::open(&state.join("work")).and_then(|dirs| dirs.free()) {
        Ok(free) => {
            let grade = if free >= ROOM {
                CheckState::Ok
            } else {
                CheckState::Warning
            };
            tries.add(
                "room",
                grade,
                format!("{:.1} GiB are free", free as f64 / (1_u64 << 30) as f64),
            );
        }
        Err(e) => tries.add("room", CheckState::Missing, e.to_string()),
    }
    if setup.mine.protocol.has_axon() {
        storage(setup, &database, &state, listener, tries).await;
    }
    if let Some(address) = &setup.mine.queue {
        let connected = SharedQueue::connect(address).await.map_err(Failure::from);
        tries.take("queue", connected.map(|_| ((), "Redis answers".to_owned())));
    }
    database.close().await;
}

/// Connects to the address that validators use. Some routers do not forward that from inside, so a failure is only a
/// warning.
async fn reachable(listener: &tokio::net::TcpListener, ip: std::net::IpAddr, tries: &mut Tries) {
    let Ok(bound) = listener.local_addr() else {
        return;
    };
    let address = SocketAddr::from((ip, bound.port()));
    let connected =
        tokio::time::timeout(CONNECT_TIMEOUT, tokio::net::TcpStream::connect(address)).await;
    match connected {
        Ok(Ok(_)) => tries.add("reachable", CheckState::Ok, format!("{address} leads here")),
        _ => tries.add(
            "reachable",
            CheckState::Warning,
            format!("{address} cannot be reached from here; try it from elsewhere"),
        ),
    }
}

/// Stores a small object, fetches it by its link as a validator would, and deletes it.
async fn storage(
    setup: &MineSetup,
    database: &Database,
    state: &std::path::Path,
    listener: Option<tokio::net::TcpListener>,
    tries: &mut Tries,
) {
    let bound = listener.as_ref().and_then(|l| l.local_addr().ok());
    let bound = bound.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], setup.mine.axon_port)));
    let host = axon::MinerHost {
        database,
        state,
        bound,
    };
    let storage = match axon::storage(setup, &host) {
        Ok(storage) => storage,
        Err(failure) => {
            tries.add("storage", CheckState::Missing, failure.message());
            return;
        }
    };
    let serving = match (storage.router(), listener) {
        (Some(router), Some(listener)) => Some(tokio::spawn(crate::miner::listen::serve(
            listener,
            router,
            tokio_util::sync::CancellationToken::new(),
            CONNECT_TIMEOUT,
        ))),
        _ => None,
    };
    match storage.try_out().await {
        Ok(()) => tries.add(
            "storage",
            CheckState::Ok,
            format!(
                "written, fetched by its link, and removed: {}",
                storage.description()
            ),
        ),
        Err(e) => tries.add(
            "storage",
            CheckState::Missing,
            format!("{}: {e}", storage.description()),
        ),
    }
    if let Some(serving) = serving {
        serving.abort();
    }
}

/// What `vidaio doctor` reports of programs, encoders, devices and weights.
fn doctor(tries: &mut Tries) {
    let Some(lines) = equipment::report() else {
        let program = reach::video_program();
        tries.add(
            "program",
            CheckState::Missing,
            format!("{} does not run", program.display()),
        );
        return;
    };
    for line in lines {
        let needed = matches!(
            line.what.as_str(),
            FFMPEG_LIBRARIES | LIBVMAF | FFMPEG_PROGRAM | ENCODERS
        );
        let state = match line.state.as_str() {
            OK => CheckState::Ok,
            _ if needed => CheckState::Missing,
            _ => CheckState::Warning,
        };
        tries.add(&line.what, state, line.detail);
    }
}
