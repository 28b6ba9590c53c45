//! `vidaio subnet`.

mod args;
mod diff;
mod failure;
mod lists;
mod places;
mod source;
mod uid;
mod watch;
mod write;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use args::{DistributionArgs, MinersBy, UidArgs};
use source::SourceArgs;
pub(super) use uid::UidReport;

#[derive(Debug, clap::Args)]
pub(super) struct SubnetArgs {
    #[command(flatten)]
    source: SourceArgs,
    #[command(subcommand)]
    command: Option<SubnetCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum SubnetCommand {
    /// The first miners, and the first validators in a table of their own
    ///
    /// A permit alone makes no validator: a miner can hold one by its own alpha stake and is still a miner.
    Top {
        /// How many of each
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
        count: u16,
        /// What ranks the miners
        #[arg(long, value_enum, default_value_t = MinersBy::Incentive)]
        by: MinersBy,
    },
    /// Every miner, with counts, sums and what a day brings
    Miners {
        /// Only those with an emission above 0
        #[arg(long)]
        active: bool,
    },
    /// How stake and emission are spread, over miners and over validators
    Distribution(DistributionArgs),
    /// Indicators with their limits, and a score from 0 to 100
    Health,
    /// Everything about one uid
    Uid(UidArgs),
    /// Uids that share an address or a coldkey: they annul each other
    Neighbours,
    /// Follow the chain and tell what changes, until stopped
    ///
    /// A line, or with --format jsonl a JSON document, for each change.
    Watch(watch::WatchArgs),
    /// Compare two snapshots
    Diff(diff::DiffArgs),
}

pub(super) fn run(context: &Context, args: &SubnetArgs) -> Result<Exit, Failure> {
    let source = &args.source;
    match &args.command {
        None => lists::overview(context, source),
        Some(SubnetCommand::Top { count, by }) => {
            lists::top(context, source, (*by).into(), usize::from(*count))
        }
        Some(SubnetCommand::Miners { active }) => lists::miners(context, source, *active),
        Some(SubnetCommand::Distribution(args)) => lists::distribution(context, source, args),
        Some(SubnetCommand::Health) => lists::health(context, source),
        Some(SubnetCommand::Uid(args)) => uid::run(context, source, args),
        Some(SubnetCommand::Neighbours) => lists::neighbours(context, source),
        Some(SubnetCommand::Watch(args)) => watch::run(context, source, args),
        Some(SubnetCommand::Diff(args)) => diff::run(context, source, args),
    }
}
