//! The overview and the lists of uids.

use super::super::table::rows;
use super::{amount, cell, counted, epoch_text, headed, price_text};
use crate::subnet::{By, Metagraph, MinersVerdict, Overview, Ranked, TopVerdict};

/// The subnet in a few numbers.
#[must_use]
pub fn overview_table(metagraph: &Metagraph, v: &Overview) -> String {
    let since = v.blocks_since_last_step;
    let max = v.max_uids.map_or_else(|| "?".into(), |n| n.to_string());
    let registration = match v.registration_allowed {
        Some(false) => "closed".into(),
        _ => amount(v.registration_cost_tao, "TAO"),
    };
    let mut facts = vec![
        ("epoch", epoch_text(metagraph.tempo, v.epoch)),
        (
            "last epoch",
            since.map_or_else(|| "unknown".into(), |n| format!("{n} blocks ago")),
        ),
        ("uids", format!("{} of {max}", v.registered)),
        (
            "validators",
            format!("{} (permits: {})", v.validators, counted(v.permits)),
        ),
        (
            "miners",
            format!(
                "{}, with emission {}",
                v.miners,
                counted(v.miners_with_emission)
            ),
        ),
    ];
    if v.owner_uids > 0 {
        facts.push((
            "owner",
            format!(
                "{} uids are the subnet owner's; what the chain lists for them as miners it withholds",
                v.owner_uids
            ),
        ));
    }
    facts.extend([
        (
            "stake",
            format!(
                "{} in all, median {}",
                amount(v.total_stake_alpha, "alpha"),
                amount(v.median_stake_alpha, "alpha")
            ),
        ),
        (
            "emission",
            amount(v.emission_alpha, "alpha an epoch, all uids"),
        ),
        ("price", price_text(v.price)),
        ("registration", registration),
    ]);
    headed(metagraph, facts)
}

/// The first miners, then the first validators.
#[must_use]
pub fn top_table(metagraph: &Metagraph, v: &TopVerdict) -> String {
    let mut text = headed(metagraph, Vec::new());
    let part = |all: usize, shown: usize, who: &str, by: By| {
        format!("\n{who}: {shown} of {all}, by {}\n", by.name())
    };
    text += &part(v.miners_total, v.miners.len(), "miners", v.by);
    text += &miners(&v.miners);
    text += &part(
        v.validators_total,
        v.validators.len(),
        "validators",
        v.validators_by,
    );
    let header = [
        "rank",
        "uid",
        "hotkey",
        "stake (alpha)",
        "emission (alpha / epoch)",
        "dividends",
        "last update (block)",
    ];
    let cells: Vec<Vec<String>> = v
        .validators
        .iter()
        .map(|r| {
            vec![
                r.rank.to_string(),
                r.uid.to_string(),
                r.hotkey.short(),
                cell(r.stake_alpha, 4),
                cell(r.emission_alpha, 6),
                cell(r.dividends, 5),
                r.last_update.map_or_else(|| "-".into(), |b| b.to_string()),
            ]
        })
        .collect();
    text + &rows(&header, &cells)
}

fn miners(list: &[Ranked]) -> String {
    let header = [
        "rank",
        "uid",
        "hotkey",
        "stake (alpha)",
        "emission (alpha / epoch)",
        "pay (TAO / day)",
        "incentive",
        "permit",
        "axon",
    ];
    let cells: Vec<Vec<String>> = list
        .iter()
        .map(|r| {
            vec![
                r.rank.to_string(),
                r.uid.to_string(),
                r.hotkey.short(),
                cell(r.stake_alpha, 4),
                cell(r.emission_alpha, 6),
                cell(r.emission_tao_per_day, 6),
                cell(r.incentive, 5),
                match r.validator_permit {
                    Some(true) => "yes".into(),
                    Some(false) => String::new(),
                    None => "-".into(),
                },
                r.axon.clone().unwrap_or_else(|| "-".into()),
            ]
        })
        .collect();
    rows(&header, &cells)
}

/// The miners, with counts and sums.
#[must_use]
pub fn miners_table(metagraph: &Metagraph, v: &MinersVerdict) -> String {
    let mut facts = vec![
        (
            "miners",
            format!(
                "{}, active {} (emission above 0)",
                v.miners,
                counted(v.active)
            ),
        ),
        (
            "not active",
            format!(
                "{} miners have stake and no emission",
                counted(v.staked_without_emission)
            ),
        ),
        ("epoch", epoch_text(metagraph.tempo, v.epoch)),
        (
            "emission",
            format!(
                "{} an epoch, {} a day",
                amount(v.emission_alpha, "alpha"),
                amount(v.emission_alpha_per_day, "alpha")
            ),
        ),
        (
            "in TAO",
            format!(
                "{} an epoch, {} a day",
                amount(v.emission_tao, "TAO"),
                amount(v.emission_tao_per_day, "TAO")
            ),
        ),
        ("price", price_text(v.price)),
        ("stake", amount(v.stake_alpha, "alpha")),
    ];
    if v.owner_uids > 0 {
        facts.push((
            "owner",
            format!(
                "{} uids are the subnet owner's; {} an epoch are listed for them as miners and withheld",
                v.owner_uids,
                amount(v.withheld_alpha, "alpha")
            ),
        ));
    }
    headed(metagraph, facts) + "\n" + &miners(&v.list)
}
