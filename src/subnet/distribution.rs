//! How stake and emission are spread over miners and over validators.

use serde::Serialize;

use super::metagraph::{Metagraph, Neuron, Reading};
use super::overview::values;
use super::percentile::{percentile, sorted};
use super::ranking::By;
use super::role::Role;

/// Form of a distribution.
pub const DISTRIBUTION_SCHEMA: &str = "vidaio.subnet-distribution/1";

/// Figures of a list of values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Spread")]
pub struct SummaryStatistics {
    /// How many.
    pub count: usize,
    /// Their sum.
    pub sum: f64,
    /// Their mean.
    pub mean: f64,
    /// The one in the middle.
    pub median: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// Standard deviation of the whole group, not of a sample.
    pub standard_deviation: f64,
    /// 0 where all have the same, near 1 where one has everything; absent where there is nothing.
    pub gini: Option<f64>,
}

/// One bar of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Bucket")]
pub struct HistogramBar {
    /// Its lower end, which belongs to it.
    pub from: f64,
    /// Its upper end, which belongs to the next, but for the last.
    pub to: f64,
    /// Values in it.
    pub count: usize,
}

/// One quantity of one group.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Distribution")]
pub struct GroupDistribution {
    /// The group.
    pub role: Role,
    /// The quantity.
    pub by: By,
    /// Its unit.
    pub unit: &'static str,
    /// Its figures; absent where the group is empty or the chain does not provide it.
    pub spread: Option<SummaryStatistics>,
    /// Equal parts of the range.
    pub histogram: Vec<HistogramBar>,
    /// The values by uid, for graphs.
    #[serde(skip)]
    pub values: Vec<f64>,
}

/// Spread of stake and emission.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct DistributionVerdict {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Where and when it was read.
    pub read: Reading,
    /// How percentiles are taken.
    pub percentiles: &'static str,
    /// Miners and validators, each with its quantities.
    pub groups: Vec<GroupDistribution>,
}

/// Computes the distribution of each quantity over miners and over validators.
#[must_use]
pub fn distribution(metagraph: &Metagraph, quantities: &[By], parts: usize) -> DistributionVerdict {
    let groups = [Role::Miner, Role::Validator]
        .into_iter()
        .flat_map(|role| quantities.iter().map(move |by| (role, *by)))
        // A miner has no dividends and a validator no incentive.
        .filter(|pair| {
            !matches!(
                pair,
                (Role::Miner, By::Dividends) | (Role::Validator, By::Incentive)
            )
        })
        .map(|(role, by)| {
            let group: Vec<&Neuron> = metagraph.of_role(role).collect();
            let values = values(group.into_iter(), by).unwrap_or_default();
            GroupDistribution {
                role,
                by,
                unit: by.unit(),
                spread: spread(&values),
                histogram: buckets(&values, parts),
                values,
            }
        })
        .collect();
    DistributionVerdict {
        schema: DISTRIBUTION_SCHEMA.into(),
        netuid: metagraph.netuid,
        read: metagraph.read.clone(),
        percentiles: "ascending: 90 % of the values lie at or below p90; between two values by straight \
                      line, as NumPy does",
        groups,
    }
}

/// Figures of a list of finite values, unless it is empty.
#[must_use]
pub fn spread(values: &[f64]) -> Option<SummaryStatistics> {
    let sorted = sorted(values.to_vec());
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let count = sorted.len();
    let n = count as f64;
    let sum: f64 = sorted.iter().sum();
    let mean = sum / n;
    let variance = sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    // The mean difference of all pairs by twice the mean; ranks do without the pairs.
    let weighted: f64 = sorted
        .iter()
        .enumerate()
        .map(|(i, v)| (2.0 * (i as f64 + 1.0) - n - 1.0) * v)
        .sum();
    let at = |p| percentile(&sorted, p);
    Some(SummaryStatistics {
        count,
        sum,
        mean,
        median: at(50.0)?,
        p90: at(90.0)?,
        p95: at(95.0)?,
        p99: at(99.0)?,
        min,
        max,
        standard_deviation: variance.sqrt(),
        gini: (sum > 0.0).then(|| (weighted / (n * sum)).clamp(0.0, 1.0)),
    })
}

fn buckets(values: &[f64], parts: usize) -> Vec<HistogramBar> {
    let sorted = sorted(values.to_vec());
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    if low == high || parts == 0 {
        return vec![HistogramBar {
            from: *low,
            to: *high,
            count: sorted.len(),
        }];
    }
    let width = (high - low) / parts as f64;
    let mut counts = vec![0; parts];
    for value in &sorted {
        counts[(((value - low) / width) as usize).min(parts - 1)] += 1;
    }
    let edge = |i: usize| {
        if i == parts {
            *high
        } else {
            low + width * i as f64
        }
    };
    let bars = counts.into_iter().enumerate();
    bars.map(|(i, count)| HistogramBar {
        from: edge(i),
        to: edge(i + 1),
        count,
    })
    .collect()
}
