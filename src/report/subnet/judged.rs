//! Health, neighbours and changes.

use super::super::table::{key_values, rows};
use super::{cell, headed};
use crate::subnet::{
    Changes, HealthVerdict, Indicator, IndicatorUnit, Metagraph, NeighboursVerdict, SharedIdentity,
};

/// Every indicator with its limits, and the score.
#[must_use]
pub fn health_table(metagraph: &Metagraph, v: &HealthVerdict) -> String {
    let score = v.score.map_or_else(
        || "unknown: the chain tells none of the indicators".into(),
        |s| format!("{s:.0} of 100 ({})", v.grade.name()),
    );
    let header = [
        "indicator",
        "found",
        "good",
        "fair",
        "stands",
        "what it means",
    ];
    let cells: Vec<Vec<String>> = v
        .indicators
        .iter()
        .map(|i| {
            let sign = if i.more_is_better { "from" } else { "to" };
            vec![
                i.name.to_owned(),
                found(i),
                format!("{sign} {}", i.good),
                format!("{sign} {}", i.fair),
                i.grade.name().to_owned(),
                i.meaning.to_owned(),
            ]
        })
        .collect();
    headed(metagraph, vec![("health", score)])
        + "\n"
        + &rows(&header, &cells)
        + "the score is the mean of the indicators that are known: good 100, fair 50, poor 0\n"
}

/// What was found, with its unit.
fn found(indicator: &Indicator) -> String {
    match (indicator.value, indicator.unit) {
        (None, _) => "unknown".into(),
        (Some(value), IndicatorUnit::Part) => format!("{value:.3} of one"),
        (Some(value), IndicatorUnit::Gini) => format!("{value:.3}"),
        (Some(value), unit) => format!("{value:.4} {}", unit.name()).replace(".0000 ", " "),
    }
}

/// Groups of uids that annul each other.
#[must_use]
pub fn neighbours_table(metagraph: &Metagraph, v: &NeighboursVerdict) -> String {
    let facts = vec![
        ("miners", v.miners.to_string()),
        (
            "annulled",
            format!(
                "{} under `next`, because a lower uid that is kept has their address or coldkey",
                v.left_out.len()
            ),
        ),
    ];
    let text = headed(metagraph, facts);
    if v.groups.is_empty() {
        return text + "no two miners share an address or a coldkey\n";
    }
    let header = [
        "shared",
        "value",
        "uids",
        "kept",
        "emission (alpha / epoch)",
    ];
    let cells: Vec<Vec<String>> = v
        .groups
        .iter()
        .map(|group| {
            let (kind, value) = shared(&group.shared);
            vec![
                kind.to_owned(),
                value,
                list(&group.uids),
                group
                    .kept
                    .map_or_else(|| "none".into(), |uid| uid.to_string()),
                cell(group.emission_alpha, 6),
            ]
        })
        .collect();
    text + "\n"
        + &rows(&header, &cells)
        + "validators before `next` reduce by address first and then by coldkey, and ask the one that is left\n"
}

pub(super) fn shared(shared: &SharedIdentity) -> (&'static str, String) {
    match shared {
        SharedIdentity::Ip(ip) => ("ip", ip.to_string()),
        SharedIdentity::Coldkey(coldkey) => ("coldkey", coldkey.to_string()),
    }
}

pub(super) fn list(uids: &[u16]) -> String {
    let uids: Vec<String> = uids.iter().map(u16::to_string).collect();
    uids.join(", ")
}

/// What changed between two reads.
#[must_use]
pub fn diff_table(v: &Changes) -> String {
    let mut text = key_values(&[
        ("subnet", v.netuid.to_string()),
        ("blocks", format!("{} to {}", v.from.block, v.to.block)),
        ("changes", v.changes.len().to_string()),
    ]);
    if v.changes.is_empty() {
        return text;
    }
    let cells: Vec<Vec<String>> = v
        .changes
        .iter()
        .map(|change| {
            vec![
                change.uid.map_or_else(|| "-".into(), |uid| uid.to_string()),
                change.hotkey.map_or_else(|| "-".into(), |h| h.short()),
                change.words(),
            ]
        })
        .collect();
    text.push('\n');
    text + &rows(&["uid", "hotkey", "what changed"], &cells)
}
