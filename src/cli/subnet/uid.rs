//! `vidaio subnet uid`.

use std::path::Path;

use serde::Serialize;

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::rounds::refuse_own_folder;
use super::args::UidArgs;
use super::places::{Places, places, places_table};
use super::source::{SourceArgs, open};
use super::write::write;
use crate::report::neuron_table;
use crate::subnet::{Metagraph, Neuron, NeuronVerdict, neuron};

/// A uid, and where it stands by the rules.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Shown")]
pub(in crate::cli) struct UidReport<'a> {
    #[serde(flatten)]
    verdict: &'a NeuronVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<&'a Places>,
}

pub(super) fn run(context: &Context, source: &SourceArgs, args: &UidArgs) -> Result<Exit, Failure> {
    if let Some(folder) = &args.history {
        refuse_own_folder(folder, &[context.output.as_ref(), source.save.as_ref()])?;
    }
    if args.uid.is_none() && args.hotkey.is_none() {
        return Err(Failure::usage("which uid?")
            .hint("`vidaio subnet uid 42`, or --hotkey with its address"));
    }
    let read: Vec<&Path> = args.rewards.as_deref().into_iter().collect();
    let output = open(context, source, &read, &[])?;
    let metagraph = source.metagraph(context)?;
    let found = find(&metagraph, args)?;
    let verdict = neuron(&metagraph, found);
    let places = places(context, args, &metagraph, found)?;
    let shown = UidReport {
        verdict: &verdict,
        rules: places.as_ref(),
    };
    write(context, output, &shown, [&shown], || {
        let mut text = neuron_table(&metagraph, &verdict);
        if let Some(places) = &places {
            text.push('\n');
            text += &places_table(places);
        }
        text
    })
}

fn find<'a>(metagraph: &'a Metagraph, args: &UidArgs) -> Result<&'a Neuron, Failure> {
    let netuid = metagraph.netuid;
    if let Some(hotkey) = &args.hotkey {
        return metagraph.hotkey(hotkey).ok_or_else(|| {
            Failure::usage(format!(
                "{hotkey} is not registered on subnet {netuid} at block {}",
                metagraph.read.block
            ))
            .hint("check the address; a uid that was pushed out loses its place")
        });
    }
    let uid = args.uid.unwrap_or_default();
    metagraph.uid(uid).ok_or_else(|| {
        Failure::usage(format!("there is no uid {uid} on subnet {netuid}")).hint(format!(
            "its uids go from 0 to {}",
            metagraph.neurons.len().saturating_sub(1)
        ))
    })
}
