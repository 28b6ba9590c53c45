//! Distributions of stake and emission.

use super::super::svg::histogram;
use super::super::table::rows;
use super::headed;
use crate::subnet::{By, DistributionVerdict, GroupDistribution, Metagraph, Role};

/// Characters of the longest bar.
const BAR: usize = 40;
/// Size of a drawing in pixels.
const SIZE: (u32, u32) = (960, 480);

/// Figures of every group; histograms of one quantity.
#[must_use]
pub fn distribution_table(metagraph: &Metagraph, v: &DistributionVerdict, drawn: By) -> String {
    let header = [
        "who",
        "what",
        "unit",
        "count",
        "sum",
        "mean",
        "median",
        "p90",
        "p95",
        "p99",
        "deviation",
        "Gini",
    ];
    let cells: Vec<Vec<String>> = v.groups.iter().map(line).collect();
    let mut text = headed(metagraph, Vec::new()) + "\n" + &rows(&header, &cells);
    text += &format!(
        "percentiles are {}; the deviation is that of the whole group\n",
        v.percentiles
    );
    for group in v.groups.iter().filter(|g| g.by == drawn) {
        text += &bars(group);
    }
    text
}

fn line(group: &GroupDistribution) -> Vec<String> {
    let mut cells = vec![
        format!("{}s", group.role.name()),
        group.by.name().to_owned(),
        group.unit.to_owned(),
    ];
    match &group.spread {
        None => cells.extend(std::iter::repeat_n("-".to_owned(), 9)),
        Some(s) => {
            let number = |v: f64| {
                let decimals = if s.max < 10.0 { 6 } else { 2 };
                format!("{v:.decimals$}")
            };
            cells.push(s.count.to_string());
            cells.extend(
                [
                    s.sum,
                    s.mean,
                    s.median,
                    s.p90,
                    s.p95,
                    s.p99,
                    s.standard_deviation,
                ]
                .map(number),
            );
            cells.push(s.gini.map_or_else(|| "-".into(), |g| format!("{g:.4}")));
        }
    }
    cells
}

fn bars(group: &GroupDistribution) -> String {
    let mut text = format!(
        "\n{}s by {} ({})\n",
        group.role.name(),
        group.by.name(),
        group.unit
    );
    let most = group.histogram.iter().map(|b| b.count).max().unwrap_or(0);
    if most == 0 {
        return text + "nothing is known of it\n";
    }
    let cells: Vec<Vec<String>> = group
        .histogram
        .iter()
        .map(|bucket| {
            // One uid among hundreds is still seen.
            let length = (bucket.count * BAR).div_ceil(most);
            vec![
                format!("{:.6}", bucket.from),
                format!("{:.6}", bucket.to),
                bucket.count.to_string(),
                "█".repeat(length),
            ]
        })
        .collect();
    text += &rows(&["from", "to", "uids", ""], &cells);
    text
}

/// A histogram of one quantity of one group.
///
/// # Errors
/// What the drawing library says; that there is nothing to draw.
pub fn distribution_svg(
    metagraph: &Metagraph,
    v: &DistributionVerdict,
    role: Role,
    by: By,
    parts: usize,
) -> Result<String, String> {
    let group = v
        .groups
        .iter()
        .find(|g| g.role == role && g.by == by && !g.values.is_empty())
        .ok_or_else(|| format!("there is no {} of {}s to draw", by.name(), role.name()))?;
    let title = format!(
        "{}s of subnet {} by {}, block {}",
        role.name(),
        v.netuid,
        by.name(),
        metagraph.read.block
    );
    let x = format!("{} ({})", by.name(), group.unit);
    histogram(&title, (&x, "uids"), &group.values, parts, SIZE)
}
