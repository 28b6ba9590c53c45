//! The subnet as tables. Every amount has its unit.

mod groups;
mod judged;
mod listed;
mod one;

pub use groups::{distribution_svg, distribution_table};
pub use judged::{diff_table, health_table, neighbours_table};
pub use listed::{miners_table, overview_table, top_table};
pub use one::neuron_table;

use super::table::key_values;
use crate::shown::foreign;
use crate::subnet::{EpochLength, EpochRule, Metagraph, Price, PriceSource, Reading};

/// Which subnet, and when; the first lines of every table.
fn heading(metagraph: &Metagraph) -> Vec<(&'static str, String)> {
    let read = &metagraph.read;
    let name = metagraph
        .name
        .as_deref()
        .map_or_else(String::new, |name| format!(" ({})", foreign(name)));
    vec![
        ("subnet", format!("{}{name}", metagraph.netuid)),
        (
            "block",
            format!(
                "{} of {}, runtime {}, read {}",
                read.block,
                chain_name(read),
                read.spec_version,
                foreign(&read.read_at)
            ),
        ),
    ]
}

/// The network where it has a name, and the node that was read.
fn chain_name(read: &Reading) -> String {
    if read.network.contains("://") {
        foreign(&read.endpoint)
    } else {
        format!("{} ({})", foreign(&read.network), foreign(&read.endpoint))
    }
}

/// The first lines, and more of them.
fn headed(metagraph: &Metagraph, more: Vec<(&'static str, String)>) -> String {
    let mut facts = heading(metagraph);
    facts.extend(more);
    key_values(&facts)
}

fn price_text(price: Option<Price>) -> String {
    match price {
        None => "unknown".into(),
        Some(price) => {
            let source = match price.source {
                PriceSource::Swap => "the chain's own figure",
                PriceSource::Reserves => "TAO in the pool by alpha in the pool",
                PriceSource::MovingAverage => "the chain's moving average",
            };
            format!("1 alpha = {:.9} TAO ({source})", price.tao_per_alpha)
        }
    }
}

fn epoch_text(tempo: Option<u16>, epoch: Option<EpochLength>) -> String {
    let tempo = tempo.map_or_else(|| "tempo".into(), |tempo| format!("tempo {tempo}"));
    match epoch.filter(|epoch| epoch.blocks > 0) {
        None => "unknown".into(),
        Some(epoch) => {
            let rule = match epoch.rule {
                EpochRule::Modulus => format!("{tempo}, and 1"),
                EpochRule::AfterLast => format!("{tempo}; one may come a few blocks late"),
            };
            let a_day = crate::subnet::BLOCKS_A_DAY / f64::from(epoch.blocks);
            format!("{} blocks ({rule}), {a_day:.2} a day", epoch.blocks)
        }
    }
}

/// An amount with its unit, or that it is not known.
fn amount(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| "unknown".into(), |v| format!("{v:.4} {unit}"))
}

/// A number in a column whose heading has its unit.
fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.decimals$}"))
}

fn counted(value: Option<usize>) -> String {
    value.map_or_else(|| "unknown".into(), |n| n.to_string())
}
