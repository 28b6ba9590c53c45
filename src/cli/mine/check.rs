//! `vidaio mine --check`: everything that mining needs, tried, a line each.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::reach;
use super::run::{bind, everywhere};
use super::settings::{Chosen, MineArgs};
use super::{axon, equipment, prepare};
use crate::chain::{ChainError, Endpoint, block_on, with_chain};
use crate::miner::jobs::Shared;
use crate::miner::tasks::Workplace;
use crate::miner::{Database, Source};
use crate::report::rows;
use crate::wallet::Hotkey;

/// Bytes that should be free: an input of 2 GiB, its output, and room for trials.
const ROOM: u64 = 8 << 30;
/// Time for an address that is tried.
const PATIENCE: Duration = Duration::from_secs(10);

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Grade {
    /// As it should be.
    Ok,
    /// Mining works, but worse.
    Warning,
    /// Mining does not work.
    Missing,
}

/// One thing that was tried.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Tried {
    /// What.
    what: String,
    /// How it stands.
    state: Grade,
    /// In words.
    detail: String,
}

struct Tries(Vec<Tried>);

impl Tries {
    fn add(&mut self, what: &str, state: Grade, detail: impl Into<String>) {
        self.0.push(Tried {
            what: what.into(),
            state,
            detail: detail.into(),
        });
    }

    fn take<T>(&mut self, what: &str, tried: Result<(T, String), Failure>) -> Option<T> {
        match tried {
            Ok((value, detail)) => {
                self.add(what, Grade::Ok, detail);
                Some(value)
            }
            Err(failure) => {
                self.add(what, Grade::Missing, failure.message());
                None
            }
        }
    }
}

pub(super) fn run(context: &Context, args: &MineArgs, chosen: &Chosen) -> Result<Exit, Failure> {
    let output = context.open_output(&[])?;
    let mut tries = Tries(Vec::new());
    for note in &chosen.notes {
        tries.add("settings", Grade::Ok, note.as_str());
    }
    let key = prepare::key(args, chosen).map(|key| {
        let says = key.address().to_string();
        (key, says)
    });
    let key = tries.take("wallet", key);
    chain(context, args, chosen, key.as_ref(), &mut tries);
    let runtime = prepare::runtime()?;
    runtime.block_on(machine(chosen, key.as_ref(), &mut tries));
    let tuning = prepare::tuning(context, chosen).map(|tuning| ((), tuning.maker.rules));
    tries.take("rules", tuning);
    doctor(&mut tries);
    let missing = tries.0.iter().any(|t| t.state == Grade::Missing);
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
    chosen: &Chosen,
    key: Option<&Hotkey>,
    tries: &mut Tries,
) {
    let source = match prepare::source(context, args, chosen) {
        Ok(source) => source,
        Err(failure) => {
            tries.add("chain", Grade::Missing, failure.message());
            return;
        }
    };
    let read = source.read().map_err(Failure::from).map(|metagraph| {
        let what = match &source {
            Source::Chain { netuid, .. } => {
                format!("subnet {netuid} on {}", chosen.settings.network)
            }
            Source::Snapshot { path, .. } => format!("{} takes its place", path.display()),
        };
        let says = format!("{what}, block {}", metagraph.read.block);
        (metagraph, says)
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
        Grade::Ok
    } else {
        Grade::Missing
    };
    tries.add("validators", grade, format!("{permits} hold a permit"));
    let Some(key) = key else {
        return;
    };
    match metagraph.hotkey(&key.address()) {
        None => tries.add(
            "registration",
            Grade::Missing,
            format!(
                "the hotkey is not registered on subnet {}",
                metagraph.netuid
            ),
        ),
        Some(neuron) => {
            tries.add("registration", Grade::Ok, format!("uid {}", neuron.uid));
            endpoint(chosen, neuron, tries);
        }
    }
}

fn endpoint(chosen: &Chosen, neuron: &crate::subnet::Neuron, tries: &mut Tries) {
    let known = neuron.axon.map(Endpoint::from);
    let says = known.map_or_else(|| "nothing".to_owned(), |e| e.to_string());
    let Some(ip) = chosen.mine.external_ip else {
        tries.add(
            "endpoint",
            Grade::Warning,
            format!("external_ip is not set; the chain says {says}"),
        );
        return;
    };
    let wanted = Endpoint {
        ip,
        port: chosen.mine.axon_port,
    };
    match wanted.problem() {
        Some(problem) => tries.add("endpoint", Grade::Warning, format!("{wanted}: {problem}")),
        None if known == Some(wanted) => tries.add(
            "endpoint",
            Grade::Ok,
            format!("{wanted}, as the chain says"),
        ),
        None => tries.add(
            "endpoint",
            Grade::Ok,
            format!("{wanted}; the chain says {says}, and will be told"),
        ),
    }
}

/// The chain's clock is that of its newest block, which is at most some blocks of twelve seconds old.
fn clock(source: &Source, tries: &mut Tries) {
    let Source::Chain { asked, .. } = source else {
        tries.add(
            "clock",
            Grade::Warning,
            "offline: there is nothing to compare it with",
        );
        return;
    };
    let note = |e: &ChainError| tracing::debug!("{e}");
    let told = block_on(with_chain(asked, &note, async |chain| chain.time().await));
    let Ok(Ok(Some(theirs))) = told else {
        tries.add("clock", Grade::Warning, "the node does not tell its time");
        return;
    };
    let off = crate::miner::now() - theirs;
    let says = format!("{off:+.1} s from the newest final block");
    // Final blocks are two or three behind; a clock that is behind cannot be explained by that.
    if (-5.0..90.0).contains(&off) {
        tries.add("clock", Grade::Ok, says);
    } else {
        tries.add(
            "clock",
            Grade::Missing,
            format!("{says}: requests would be refused as too old or from the future"),
        );
    }
}

async fn machine(chosen: &Chosen, key: Option<&Hotkey>, tries: &mut Tries) {
    let listening = bind(everywhere(&chosen.mine), "--axon-port").await;
    let listener = tries.take(
        "port",
        listening.map(|(listener, at)| (listener, format!("{at} is free"))),
    );
    if let (Some(listener), Some(ip)) = (&listener, chosen.mine.external_ip) {
        reachable(listener, ip, tries).await;
    }
    if let Some(address) = chosen.mine.admin {
        let listening = bind(address, "--admin").await;
        tries.take(
            "admin",
            listening.map(|(_, at)| ((), format!("{at} is free"))),
        );
    }
    let Some(key) = key else {
        return;
    };
    let state = match prepare::state_dir(chosen, key) {
        Ok(state) => state,
        Err(failure) => {
            tries.add("state", Grade::Missing, failure.message());
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
    match Workplace::open(&state.join("work")).and_then(|place| place.free()) {
        Ok(free) => {
            let grade = if free >= ROOM {
                Grade::Ok
            } else {
                Grade::Warning
            };
            tries.add(
                "room",
                grade,
                format!("{:.1} GiB are free", free as f64 / (1_u64 << 30) as f64),
            );
        }
        Err(e) => tries.add("room", Grade::Missing, e.to_string()),
    }
    if chosen.mine.protocol.has_axon() {
        storage(chosen, &database, &state, listener, tries).await;
    }
    if let Some(address) = &chosen.mine.queue {
        let connected = Shared::connect(address).await.map_err(Failure::from);
        tries.take("queue", connected.map(|_| ((), "Redis answers".to_owned())));
    }
    database.close().await;
}

/// Tries the address that validators use, from here. A router that does not lead back says nothing of
/// what others see.
async fn reachable(listener: &tokio::net::TcpListener, ip: std::net::IpAddr, tries: &mut Tries) {
    let Ok(bound) = listener.local_addr() else {
        return;
    };
    let address = SocketAddr::from((ip, bound.port()));
    let called = tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(address)).await;
    match called {
        Ok(Ok(_)) => tries.add("reachable", Grade::Ok, format!("{address} leads here")),
        _ => tries.add(
            "reachable",
            Grade::Warning,
            format!("{address} cannot be reached from here; try it from elsewhere"),
        ),
    }
}

/// Puts a small object, fetches it by its link as a validator does, and removes it.
async fn storage(
    chosen: &Chosen,
    database: &Database,
    state: &std::path::Path,
    listener: Option<tokio::net::TcpListener>,
    tries: &mut Tries,
) {
    let bound = listener.as_ref().and_then(|l| l.local_addr().ok());
    let bound = bound.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], chosen.mine.axon_port)));
    let storage = match axon::storage(chosen, database, state, bound) {
        Ok(storage) => storage,
        Err(failure) => {
            tries.add("storage", Grade::Missing, failure.message());
            return;
        }
    };
    let serving = match (storage.router(), listener) {
        (Some(router), Some(listener)) => Some(tokio::spawn(crate::miner::listen::serve(
            listener,
            router,
            tokio_util::sync::CancellationToken::new(),
            PATIENCE,
        ))),
        _ => None,
    };
    match storage.try_out().await {
        Ok(()) => tries.add(
            "storage",
            Grade::Ok,
            format!(
                "written, fetched by its link, and removed: {}",
                storage.says()
            ),
        ),
        Err(e) => tries.add(
            "storage",
            Grade::Missing,
            format!("{}: {e}", storage.says()),
        ),
    }
    if let Some(serving) = serving {
        serving.abort();
    }
}

/// What `vidaio doctor` says of programs, encoders, device and weights.
fn doctor(tries: &mut Tries) {
    let Some(said) = equipment::ask() else {
        let program = reach::video_program();
        tries.add(
            "program",
            Grade::Missing,
            format!("{} does not run", program.display()),
        );
        return;
    };
    for piece in said {
        let needed = matches!(
            piece.what.as_str(),
            "FFmpeg libraries" | "libvmaf" | "FFmpeg program" | "encoders"
        );
        let state = match piece.state.as_str() {
            "ok" => Grade::Ok,
            _ if needed => Grade::Missing,
            _ => Grade::Warning,
        };
        tries.add(&piece.what, state, piece.detail);
    }
}
