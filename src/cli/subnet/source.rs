//! Where a metagraph comes from: the chain, or a snapshot.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::ProgressBar;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::folders::metadata_cache;
use super::super::input;
use super::super::output::Output;
use crate::chain::{
    ChainError, ConnectOptions, Network, TimeLimits, block_on, read_metagraph, with_chain,
};
use crate::subnet::Metagraph;

/// Bytes of the largest snapshot that is read; 256 uids make about 200 KB.
const LARGEST: u64 = 64 << 20;
/// Gone from the runtime since April 2026, so that its absence is no news.
const GONE: &str = "trust";

#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// Number of the subnet [default: setting `netuid`, 85]
    #[arg(
        long,
        global = true,
        value_name = "N",
        help_heading = "Where it is read"
    )]
    pub(super) netuid: Option<u16>,
    /// finney, test, local, or wss://… addresses with commas between; finney@wss://… are refused unless they
    /// serve mainnet [default: setting `network`, finney]
    #[arg(
        long,
        global = true,
        value_name = "NETWORK",
        help_heading = "Where it is read"
    )]
    pub(super) network: Option<String>,
    /// Read at this block [default: the newest that is final]
    #[arg(
        long,
        global = true,
        value_name = "N",
        help_heading = "Where it is read"
    )]
    pub(super) block: Option<u64>,
    /// Read a snapshot and nothing from the network
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Where it is read"
    )]
    pub(super) from: Option<PathBuf>,
    /// Keep what was read as a snapshot
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Where it is read"
    )]
    pub(super) save: Option<PathBuf>,
    /// How long the chain may take altogether
    #[arg(long, global = true, value_name = "TIME", default_value = "60s", value_parser = input::duration, help_heading = "Where it is read")]
    pub(super) timeout: Duration,
    /// Fetch the chain's metadata again and keep none of it
    #[arg(long, global = true, help_heading = "Where it is read")]
    pub(super) no_cache: bool,
}

impl SourceArgs {
    /// Number of the subnet.
    pub(super) fn netuid(&self, context: &Context) -> Result<u16, Failure> {
        let flag = self.netuid.map(|n| n.to_string());
        Ok(context.settings_with(&[("netuid", flag)])?.netuid)
    }

    /// What the chain is to be asked, and how.
    pub(super) fn asked(&self, context: &Context) -> Result<ConnectOptions, Failure> {
        let settings = context.settings_with(&[("network", self.network.clone())])?;
        let network: Network =
            settings
                .network
                .parse()
                .map_err(|e: crate::chain::NetworkError| {
                    Failure::usage(e.to_string())
                        .hint("--network finney, or --network wss://host:443")
                })?;
        for endpoint in network.open_to_all() {
            context.warn(&format!(
                "{endpoint}: this connection is not encrypted, so whoever carries it can change what is \
                 read"
            ));
        }
        Ok(ConnectOptions {
            network,
            limits: TimeLimits::within(self.timeout),
            cache: metadata_cache().filter(|_| !self.no_cache),
        })
    }

    /// The metagraph, and with `--save` a snapshot of it.
    pub(super) fn metagraph(&self, context: &Context) -> Result<Metagraph, Failure> {
        if let Some(path) = &self.from {
            // The parser sees no conflict between a flag before a command and one behind it.
            if self.network.is_some() || self.block.is_some() || self.save.is_some() {
                return Err(Failure::usage(
                    "--from reads a snapshot, so --network, --block and --save mean nothing",
                )
                .hint("leave --from out to read the chain"));
            }
            let metagraph = read_snapshot(path)?;
            if let Some(asked) = self.netuid.filter(|n| *n != metagraph.netuid) {
                return Err(Failure::usage(format!(
                    "{}: it is a snapshot of subnet {}, not {asked}",
                    path.display(),
                    metagraph.netuid
                ))
                .hint("leave --netuid out"));
            }
            warn_unknown(context, &metagraph);
            return Ok(metagraph);
        }
        let kept = match &self.save {
            Some(path) if path.as_os_str() == "-" => {
                return Err(Failure::usage("--save names a file, not standard output")
                    .hint("the result goes there; -o names a file for it"));
            }
            Some(path) => Some(Output::open(Some(path), &[])?),
            None => None,
        };
        let metagraph = self.read(context)?;
        warn_unknown(context, &metagraph);
        if let Some(kept) = kept {
            kept.finish(&(serde_json::to_string_pretty(&metagraph)? + "\n"))?;
        }
        Ok(metagraph)
    }

    fn read(&self, context: &Context) -> Result<Metagraph, Failure> {
        let (asked, netuid) = (self.asked(context)?, self.netuid(context)?);
        let reported = RefCell::new(HashSet::new());
        let note = |e: &ChainError| {
            let words = e.to_string();
            if reported.borrow_mut().insert(words.clone()) {
                context.warn(&words);
            }
        };
        let spinner = if context.may_draw() {
            let spinner = ProgressBar::new_spinner();
            spinner.set_message(format!("{}: subnet {netuid}", asked.network));
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        } else {
            ProgressBar::hidden()
        };
        let read = block_on(with_chain(&asked, &note, async |chain| {
            let found = read_metagraph(chain, &asked.network, netuid, self.block).await?;
            Ok((found, chain.tally()))
        }));
        spinner.finish_and_clear();
        let (metagraph, tally) =
            read.map_err(|e| Failure::new(Exit::Internal, format!("no runtime ({e})")))??;
        context.say(&format!(
            "{}: {} calls, {} bytes sent, {} received",
            metagraph.read.endpoint, tally.calls, tally.sent, tally.received
        ));
        Ok(metagraph)
    }
}

/// Opens the result's destination before anything is asked of the chain. It must be neither a file that
/// is read nor one that is written besides.
pub(super) fn open(
    context: &Context,
    source: &SourceArgs,
    read: &[&Path],
    written: &[(&str, Option<&Path>)],
) -> Result<Output, Failure> {
    let mut all = vec![
        ("-o", context.output.as_deref()),
        ("--save", source.save.as_deref()),
    ];
    all.extend(written);
    let named: Vec<(&str, PathBuf)> = all
        .iter()
        .filter_map(|(flag, path)| Some((*flag, canonical(path.as_ref()?))))
        .collect();
    for (i, (flag, path)) in named.iter().enumerate() {
        if let Some((other, _)) = named[..i].iter().find(|(_, earlier)| earlier == path) {
            return Err(
                Failure::usage(format!("{other} and {flag} name the same file"))
                    .hint("each result needs a file of its own"),
            );
        }
    }
    let mut read = read.to_vec();
    read.extend(source.from.as_deref());
    for (_, path) in &all[1..] {
        if let Some(path) = path {
            Output::open(Some(path), &read)?;
        }
    }
    context.open_output(&read)
}

/// A path as it can be compared with others, whether the file is there or not.
fn canonical(path: &Path) -> PathBuf {
    if let Ok(path) = fs_err::canonicalize(path) {
        return path;
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    let parent = fs_err::canonicalize(parent.unwrap_or(Path::new(".")));
    match (parent, path.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => path.to_path_buf(),
    }
}

/// Warns of fields that the runtime does not report.
pub(super) fn warn_unknown(context: &Context, metagraph: &Metagraph) {
    let (gone, missed): (Vec<&String>, Vec<&String>) =
        metagraph.unknown.iter().partition(|field| *field == GONE);
    let runtime = metagraph.read.spec_version;
    if !missed.is_empty() {
        let missed: Vec<&str> = missed.into_iter().map(String::as_str).collect();
        context.warn(&format!(
            "runtime {runtime} did not tell {}: shown as unknown",
            missed.join(", ")
        ));
    }
    if !gone.is_empty() {
        context.say(&format!("runtime {runtime} no longer computes trust"));
    }
}

/// Reads a snapshot.
pub(super) fn read_snapshot(path: &Path) -> Result<Metagraph, Failure> {
    let wrong = |what: String| Failure::bad_input(format!("{}: {what}", path.display()));
    let unreadable = |e: std::io::Error| {
        wrong(format!("cannot be read ({e})")).hint("`vidaio subnet --save FILE` writes a snapshot")
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        return Err(wrong("it is not a file".into()).hint("name a file that --save wrote"));
    }
    let mut text = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text))
        .map_err(unreadable)?;
    if text.len() as u64 > LARGEST {
        return Err(
            wrong("it is larger than any snapshot".into()).hint("name a file that --save wrote")
        );
    }
    Metagraph::from_json(&text)
        .map_err(|e| wrong(e.to_string()).hint("`vidaio subnet --save FILE` writes a snapshot"))
}
