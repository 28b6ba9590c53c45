//! `vidaio subnet diff`.

use std::path::PathBuf;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input;
use super::source::{SourceArgs, read_snapshot};
use super::write::write;
use crate::report::diff_table;
use crate::subnet::changes;

#[derive(Debug, clap::Args)]
pub(super) struct DiffArgs {
    /// The earlier snapshot
    before: PathBuf,
    /// The later snapshot
    after: PathBuf,
    #[command(flatten)]
    threshold: ThresholdArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ThresholdArgs {
    /// Percent by which emission or stake must change to be told; to or from 0 is told always
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, value_parser = input::amount)]
    threshold: f64,
}

impl ThresholdArgs {
    /// In percent.
    pub(super) fn percent(&self) -> f64 {
        self.threshold
    }
}

pub(super) fn run(
    context: &Context,
    source: &SourceArgs,
    args: &DiffArgs,
) -> Result<Exit, Failure> {
    let asked = source.network.is_some() || source.block.is_some() || source.from.is_some();
    if asked || source.save.is_some() || source.netuid.is_some() {
        return Err(
            Failure::usage("diff compares two snapshots and reads nothing else")
                .hint("leave --network, --netuid, --block, --from and --save out"),
        );
    }
    let output = context.open_output(&[&args.before, &args.after])?;
    let (before, after) = (read_snapshot(&args.before)?, read_snapshot(&args.after)?);
    if before.netuid != after.netuid {
        return Err(Failure::bad_input(format!(
            "{}: it is a snapshot of subnet {}, the other of subnet {}",
            args.after.display(),
            after.netuid,
            before.netuid
        ))
        .hint("compare two snapshots of one subnet"));
    }
    if before.read.genesis != after.read.genesis {
        return Err(Failure::bad_input(format!(
            "{}: it was read from another chain than {}",
            args.after.display(),
            args.before.display()
        ))
        .hint("compare two snapshots of one chain"));
    }
    if before.read.block > after.read.block {
        context.warn("the first snapshot is the later one: what follows goes back in time");
    }
    let verdict = changes(&before, &after, args.threshold.percent());
    write(context, output, &verdict, &verdict.changes, || {
        diff_table(&verdict)
    })
}
