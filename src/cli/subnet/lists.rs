//! The overview, rankings, distributions, health and neighbours.

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::output::Output;
use super::args::{ByArgument, DistributionArgs, GroupArgument};
use super::source::{SourceArgs, open};
use super::write::write;
use crate::report;
use crate::subnet::{self, By, Role};

pub(super) fn overview(context: &Context, source: &SourceArgs) -> Result<Exit, Failure> {
    let output = open(context, source, &[], &[])?;
    let metagraph = source.metagraph(context)?;
    let verdict = subnet::overview(&metagraph);
    write(context, output, &verdict, [&verdict], || {
        report::overview_table(&metagraph, &verdict)
    })
}

pub(super) fn top(
    context: &Context,
    source: &SourceArgs,
    by: By,
    count: usize,
) -> Result<Exit, Failure> {
    let output = open(context, source, &[], &[])?;
    let metagraph = source.metagraph(context)?;
    let verdict = subnet::top(&metagraph, by, count);
    let rows = verdict.miners.iter().chain(&verdict.validators);
    write(context, output, &verdict, rows, || {
        report::top_table(&metagraph, &verdict)
    })
}

pub(super) fn miners(
    context: &Context,
    source: &SourceArgs,
    active: bool,
) -> Result<Exit, Failure> {
    let output = open(context, source, &[], &[])?;
    let metagraph = source.metagraph(context)?;
    let verdict = subnet::miners(&metagraph, active);
    if active && verdict.active.is_none() {
        context.warn("the emission of the miners is not known, so every one is listed");
    }
    write(context, output, &verdict, &verdict.list, || {
        report::miners_table(&metagraph, &verdict)
    })
}

pub(super) fn distribution(
    context: &Context,
    source: &SourceArgs,
    args: &DistributionArgs,
) -> Result<Exit, Failure> {
    let output = open(context, source, &[], &[("--svg", args.svg.as_deref())])?;
    let drawing = match &args.svg {
        Some(path) => Some(Output::open(Some(path), &[])?),
        None => None,
    };
    let metagraph = source.metagraph(context)?;
    let by = args.by.map(By::from);
    let all = [By::Stake, By::Emission, By::Incentive, By::Dividends];
    let quantities = by.map_or_else(|| all.to_vec(), |by| vec![by]);
    let parts = usize::from(args.parts);
    let verdict = subnet::distribution(&metagraph, &quantities, parts);
    let drawn = by.unwrap_or(By::Emission);
    if let Some(drawing) = drawing {
        let role = match args.group {
            GroupArgument::Miners => Role::Miner,
            GroupArgument::Validators => Role::Validator,
        };
        let svg =
            report::distribution_svg(&metagraph, &verdict, role, drawn, parts).map_err(|e| {
                let hint = match args.by {
                    Some(ByArgument::Dividends) => "--group validators have dividends",
                    Some(ByArgument::Incentive) => "--group miners have incentive",
                    _ => "choose another quantity with --by",
                };
                Failure::usage(e).hint(hint)
            })?;
        drawing.finish(&svg)?;
    }
    write(context, output, &verdict, &verdict.groups, || {
        report::distribution_table(&metagraph, &verdict, drawn)
    })
}

pub(super) fn health(context: &Context, source: &SourceArgs) -> Result<Exit, Failure> {
    let output = open(context, source, &[], &[])?;
    let metagraph = source.metagraph(context)?;
    let verdict = subnet::health(&metagraph);
    write(context, output, &verdict, &verdict.indicators, || {
        report::health_table(&metagraph, &verdict)
    })
}

pub(super) fn neighbours(context: &Context, source: &SourceArgs) -> Result<Exit, Failure> {
    let output = open(context, source, &[], &[])?;
    let metagraph = source.metagraph(context)?;
    let verdict = subnet::neighbours(&metagraph);
    write(context, output, &verdict, &verdict.groups, || {
        report::neighbours_table(&metagraph, &verdict)
    })
}
