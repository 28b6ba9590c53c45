//! `vidaio subnet watch`.

use std::cell::RefCell;
use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::super::context::{Context, Verbosity};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input;
use super::diff::ThresholdArgs;
use super::source::{SourceArgs, warn_unknown};
use crate::chain::{Chain, ChainError, ConnectOptions, block_on, read_metagraph, with_chain};
use crate::report::Format;
use crate::subnet::{Metagraph, SubnetChange, changes};

/// Wait before a lost connection is made again; it doubles while none is had.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// How often the chain is asked for a new block
    #[arg(long, value_name = "TIME", default_value = "6s", value_parser = input::duration)]
    every: Duration,
    /// End after this many new blocks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    blocks: Option<u64>,
    #[command(flatten)]
    threshold: ThresholdArgs,
}

/// One change as JSON: self-sufficient, since it stands alone in its line.
#[derive(Serialize)]
struct Line<'a> {
    netuid: u16,
    from_block: u64,
    block: u64,
    #[serde(flatten)]
    change: &'a SubnetChange,
}

/// Where changes go: one line at a time, so that a reader sees each when it happens.
enum Sink {
    Stdout,
    File(std::path::PathBuf, std::fs::File),
}

/// Why watching ends.
enum Ending {
    /// As many blocks as were asked for.
    Enough,
    /// The reader has gone away.
    NoReader,
    /// A line could not be written.
    Unwritable(std::io::Error),
}

impl Sink {
    fn open(context: &Context) -> Result<Self, Failure> {
        let named = context.output.as_ref().filter(|p| p.as_os_str() != "-");
        let Some(path) = named else {
            return Ok(Self::Stdout);
        };
        // Changes are added to what is there, so that a watch that is begun again loses none.
        let mut options = std::fs::OpenOptions::new();
        let file = options.create(true).append(true).open(path).map_err(|e| {
            Failure::unwritable(path, &e).hint("make its folder first, or choose another place")
        })?;
        Ok(Self::File(path.clone(), file))
    }

    fn put(&mut self, line: &str) -> std::io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = std::io::stdout().lock();
                writeln!(stdout, "{line}")?;
                stdout.flush()
            }
            Self::File(_, file) => writeln!(file, "{line}"),
        }
    }

    /// Whether the reader has closed the pipe, which can be seen without writing to it.
    fn is_unread(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let Self::Stdout = self else { return false };
        let stdout = std::io::stdout();
        let mut pipe = [PollFd::new(&stdout, PollFlags::empty())];
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        poll(&mut pipe, Some(&now)).is_ok() && pipe[0].revents().contains(PollFlags::ERR)
    }
}

/// A watch under way; connections come and go under it.
struct Watch<'a> {
    context: &'a Context,
    args: &'a WatchArgs,
    format: Format,
    asked: ConnectOptions,
    netuid: u16,
    sink: RefCell<Sink>,
    last: RefCell<Option<Metagraph>>,
    seen: RefCell<u64>,
    /// Whether a connection broke that was not made again yet.
    lost: RefCell<bool>,
}

pub(super) fn run(
    context: &Context,
    source: &SourceArgs,
    args: &WatchArgs,
) -> Result<Exit, Failure> {
    if source.from.is_some() || source.save.is_some() || source.block.is_some() {
        return Err(Failure::usage(
            "watch follows the chain and takes neither a snapshot nor a block",
        )
        .hint("leave --from, --save and --block out; `vidaio subnet diff` compares snapshots"));
    }
    let format = context.format()?;
    if !matches!(format, Format::Table | Format::Jsonl) {
        return Err(
            Failure::usage("a watch has no end, so it is written line by line")
                .hint("--format jsonl, or none for lines of text"),
        );
    }
    let watch = Watch {
        context,
        args,
        format,
        asked: source.asked(context)?,
        netuid: source.netuid(context)?,
        sink: RefCell::new(Sink::open(context)?),
        last: RefCell::new(None),
        seen: RefCell::new(0),
        lost: RefCell::new(false),
    };
    let ended = block_on(async {
        tokio::select! {
            ended = watch.follow() => ended.map(Some),
            () = stop_signal() => Ok(None),
        }
    });
    let ended = ended.map_err(|e| Failure::new(Exit::Internal, format!("no runtime ({e})")))??;
    match ended {
        Some(Ending::Unwritable(e)) => {
            let failure = match &*watch.sink.borrow() {
                Sink::Stdout => Failure::new(
                    Exit::Output,
                    format!("standard output cannot be written ({e})"),
                ),
                Sink::File(path, _) => Failure::unwritable(path, &e),
            };
            Err(failure.hint("make room; what was written stays"))
        }
        _ => Ok(Exit::Ok),
    }
}

/// Waits for a signal that asks a program to end.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let asked = kinds.into_iter().filter_map(|kind| signal(kind).ok());
    let waits: Vec<_> = asked
        .map(|mut signal| Box::pin(async move { signal.recv().await }))
        .collect();
    if waits.is_empty() {
        return std::future::pending().await;
    }
    let _which = futures::future::select_all(waits).await;
}

impl Watch<'_> {
    /// The first read has a time limit; after it only the user ends the command.
    async fn follow(&self) -> Result<Ending, ChainError> {
        let note = |e: &ChainError| self.context.warn(&e.to_string());
        let first = with_chain(&self.asked, &note, async |chain| self.read(chain).await).await?;
        warn_unknown(self.context, &first);
        self.words(&format!(
            "subnet {} at block {}: {} uids, from {}; changes follow",
            first.netuid,
            first.read.block,
            first.neurons.len(),
            first.read.endpoint
        ));
        *self.last.borrow_mut() = Some(first);
        let asked = ConnectOptions {
            limits: self.asked.limits.once_without_end(),
            ..self.asked.clone()
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let before = *self.seen.borrow();
            let ended = with_chain(&asked, &note, async |chain| self.blocks(chain).await).await;
            match ended {
                Ok(ending) => return Ok(ending),
                // With a single endpoint this error has not been reported yet.
                Err(e) if e.is_settled() => note(&e),
                Err(_) => {}
            }
            let went_on = *self.seen.borrow() > before;
            pause = if went_on {
                FIRST_PAUSE
            } else {
                (pause * 2).min(LONGEST_PAUSE)
            };
            self.words(&format!("trying again in {} s", pause.as_secs_f64()));
            tokio::time::sleep(pause).await;
            *self.lost.borrow_mut() = true;
        }
    }

    /// Says something on standard error that is no warning.
    fn words(&self, words: &str) {
        if self.context.verbosity != Verbosity::Quiet {
            let _stderr_may_be_gone = writeln!(std::io::stderr().lock(), "{words}");
        }
    }

    async fn read(&self, chain: &Chain) -> Result<Metagraph, ChainError> {
        read_metagraph(chain, &self.asked.network, self.netuid, None).await
    }

    /// Follows one connection until it breaks.
    async fn blocks(&self, chain: &Chain) -> Result<Ending, ChainError> {
        loop {
            let before = self.last.borrow().as_ref().map_or(0, |m| m.read.block);
            let head = chain.head().await?;
            if self.lost.replace(false) {
                self.words(&format!(
                    "reading on at block {head}, from {}",
                    chain.endpoint()
                ));
            }
            if self.sink.borrow().is_unread() {
                return Ok(Ending::NoReader);
            }
            if head <= before {
                tokio::time::sleep(self.args.every).await;
                continue;
            }
            let next = self.read(chain).await?;
            if let Some(ending) = self.report(next) {
                return Ok(ending);
            }
        }
    }

    /// Tells what changed.
    fn report(&self, next: Metagraph) -> Option<Ending> {
        let mut last = self.last.borrow_mut();
        if let Some(before) = last.as_ref() {
            let found = changes(before, &next, self.args.threshold.percent());
            *self.seen.borrow_mut() += next.read.block.saturating_sub(before.read.block);
            for change in &found.changes {
                let line = self.line(before, &next, change);
                match self.sink.borrow_mut().put(&line) {
                    Ok(()) => {}
                    Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
                        return Some(Ending::NoReader);
                    }
                    Err(e) => return Some(Ending::Unwritable(e)),
                }
            }
        }
        *last = Some(next);
        let enough = self
            .args
            .blocks
            .is_some_and(|blocks| *self.seen.borrow() >= blocks);
        enough.then_some(Ending::Enough)
    }

    fn line(&self, before: &Metagraph, next: &Metagraph, change: &SubnetChange) -> String {
        if self.format == Format::Jsonl {
            let line = Line {
                netuid: next.netuid,
                from_block: before.read.block,
                block: next.read.block,
                change,
            };
            // Nothing in a change is a key that JSON lacks or a number that is not finite.
            return serde_json::to_string(&line).unwrap_or_default();
        }
        let who = match (change.uid, change.hotkey) {
            (Some(uid), Some(hotkey)) => format!("uid {uid} ({hotkey})"),
            _ => format!("subnet {}", next.netuid),
        };
        format!("block {}  {who}  {}", next.read.block, change.words())
    }
}
