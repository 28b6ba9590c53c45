//! How the subnet is doing: indicators with thresholds, and a score from 0 to 100.
//!
//! The thresholds are ours, and stand in every result; nothing on the network uses them. The script
//! that the network publishes starts at 0 and only subtracts, so it calls every subnet unhealthy.

use serde::Serialize;

use super::distribution::spread;
use super::metagraph::{Metagraph, Neuron, Reading};
use super::neighbours::neighbours;
use super::overview::paid;
use super::ranking::By;
use super::role::Role;

/// Form of the result.
pub const HEALTH_SCHEMA: &str = "vidaio.subnet-health/1";

/// How an indicator stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Counts in full.
    Good,
    /// Counts by half.
    Fair,
    /// Counts nothing.
    Poor,
    /// The chain does not provide it; it is left out.
    Unknown,
}

impl Grade {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Unknown => "unknown",
        }
    }

    const fn points(self) -> Option<f64> {
        match self {
            Self::Good => Some(1.0),
            Self::Fair => Some(0.5),
            Self::Poor => Some(0.0),
            Self::Unknown => None,
        }
    }
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Indicator {
    /// Its name.
    pub name: &'static str,
    /// What was found; absent where the chain does not provide it.
    pub value: Option<f64>,
    /// Its unit, and that of the limits.
    pub unit: IndicatorUnit,
    /// From where (or up to where) it is good.
    pub good: f64,
    /// From where (or up to where) it is fair.
    pub fair: f64,
    /// Whether more is better.
    pub more_is_better: bool,
    /// How it stands.
    pub grade: Grade,
    /// What it means.
    pub meaning: &'static str,
}

/// What an indicator is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorUnit {
    /// A part of one.
    Part,
    /// Lengths of an epoch.
    Epochs,
    /// Validators.
    Validators,
    /// Miners.
    Miners,
    /// A Gini coefficient, which has none.
    Gini,
}

impl IndicatorUnit {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Part => "of one",
            Self::Epochs => "epochs",
            Self::Validators => "validators",
            Self::Miners => "miners",
            Self::Gini => "",
        }
    }
}

/// All indicators and the score.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct HealthVerdict {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Where and when it was read.
    pub read: Reading,
    /// 100 where every known indicator is good, 0 where every one is poor; absent where none is known.
    pub score: Option<f64>,
    /// In a word: good from 80, fair from 50.
    pub grade: Grade,
    /// The indicators.
    pub indicators: Vec<Indicator>,
}

/// Limits of one indicator. Where `good` exceeds `fair`, more is better.
struct Limits {
    name: &'static str,
    unit: IndicatorUnit,
    good: f64,
    fair: f64,
    meaning: &'static str,
}

impl Limits {
    fn judge(self, value: Option<f64>) -> Indicator {
        let more = self.good > self.fair;
        let reaches = |value: f64, limit: f64| if more { value >= limit } else { value <= limit };
        let grade = match value {
            None => Grade::Unknown,
            Some(value) if reaches(value, self.good) => Grade::Good,
            Some(value) if reaches(value, self.fair) => Grade::Fair,
            Some(_) => Grade::Poor,
        };
        Indicator {
            name: self.name,
            value,
            unit: self.unit,
            good: self.good,
            fair: self.fair,
            more_is_better: more,
            grade,
            meaning: self.meaning,
        }
    }
}

/// Judges a subnet.
#[must_use]
pub fn health(metagraph: &Metagraph) -> HealthVerdict {
    let indicators: Vec<Indicator> = [
        places(metagraph),
        epochs(metagraph),
        validators(metagraph),
        fresh_weights(metagraph),
        largest_validator(metagraph),
        paid_miners(metagraph),
        concentration(metagraph),
        withheld(metagraph),
        reachable(metagraph),
        neighbourhood(metagraph),
    ]
    .into_iter()
    .map(|(limits, value)| limits.judge(value))
    .collect();
    let points: Vec<f64> = indicators.iter().filter_map(|i| i.grade.points()).collect();
    let score =
        (!points.is_empty()).then(|| 100.0 * points.iter().sum::<f64>() / points.len() as f64);
    HealthVerdict {
        schema: HEALTH_SCHEMA.into(),
        netuid: metagraph.netuid,
        read: metagraph.read.clone(),
        score,
        grade: match score {
            None => Grade::Unknown,
            Some(s) if s >= 80.0 => Grade::Good,
            Some(s) if s >= 50.0 => Grade::Fair,
            Some(_) => Grade::Poor,
        },
        indicators,
    }
}

type Judged = (Limits, Option<f64>);

/// A part of a whole; nothing of nothing is unknown.
fn part(of: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| of / whole)
}

fn count<'a>(group: impl Iterator<Item = &'a Neuron>) -> f64 {
    group.count() as f64
}

fn places(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "places taken",
        unit: IndicatorUnit::Part,
        good: 0.9,
        fair: 0.5,
        meaning: "part of the subnet's places that are taken; a full subnet is one people want to be in",
    };
    let value = metagraph
        .max_uids
        .and_then(|max| part(metagraph.neurons.len() as f64, max.into()));
    (limits, value)
}

fn epochs(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "epochs behind",
        unit: IndicatorUnit::Epochs,
        good: 1.1,
        fair: 2.0,
        meaning: "blocks since the last epoch by the length of one; above 1 by more than a few blocks \
                  means that epochs do not run",
    };
    let value = metagraph.blocks_since_last_step.zip(metagraph.epoch);
    let value = value.and_then(|(since, epoch)| part(since as f64, epoch.blocks.into()));
    (limits, value)
}

fn validators(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "validators that earn",
        unit: IndicatorUnit::Validators,
        good: 4.0,
        fair: 2.0,
        meaning: "validators with dividends; with few, one opinion decides who is paid",
    };
    let known = metagraph.neurons.iter().all(|n| n.dividends.is_some());
    let earning = metagraph
        .of_role(Role::Validator)
        .filter(|n| n.dividends.is_some_and(|d| d.0 > 0));
    (limits, known.then(|| count(earning)))
}

fn fresh_weights(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "validators up to date",
        unit: IndicatorUnit::Part,
        good: 0.8,
        fair: 0.5,
        meaning: "part of the validators that set weights within the last three epochs",
    };
    let validators: Vec<&Neuron> = metagraph.of_role(Role::Validator).collect();
    let value = metagraph.epoch.and_then(|epoch| {
        let oldest = metagraph
            .read
            .block
            .saturating_sub(3 * u64::from(epoch.blocks));
        let updates: Option<Vec<u64>> = validators.iter().map(|n| n.last_update).collect();
        let updates = updates?;
        let fresh = updates.iter().filter(|block| **block >= oldest).count();
        part(fresh as f64, updates.len() as f64)
    });
    (limits, value)
}

fn largest_validator(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "largest validator",
        unit: IndicatorUnit::Part,
        good: 0.34,
        fair: 0.5,
        meaning: "the largest validator's part of all validators' stake; above a half it decides alone",
    };
    let stakes: Option<Vec<f64>> = metagraph
        .of_role(Role::Validator)
        .map(|n| By::Stake.of(n))
        .collect();
    let value = stakes.and_then(|stakes| {
        let largest = stakes.iter().copied().fold(0.0, f64::max);
        part(largest, stakes.iter().sum())
    });
    (limits, value)
}

fn paid_miners(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "miners that are paid",
        unit: IndicatorUnit::Miners,
        good: 10.0,
        fair: 5.0,
        meaning: "miners with emission above 0; recent rules pay five places for each of two tasks",
    };
    let value = paid(metagraph).map(|paid| paid.len() as f64);
    (limits, value)
}

fn concentration(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "concentration of pay",
        unit: IndicatorUnit::Gini,
        good: 0.6,
        fair: 0.8,
        meaning: "Gini coefficient of emission among the miners that are paid: 0 if all get the same",
    };
    let value = paid(metagraph).and_then(|paid| {
        let values: Option<Vec<f64>> = paid.iter().map(|n| By::Emission.of(n)).collect();
        spread(&values?)?.gini
    });
    (limits, value)
}

fn withheld(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "pay withheld",
        unit: IndicatorUnit::Part,
        good: 0.25,
        fair: 0.6,
        meaning: "part of the miners' incentive that is listed for the owner's uids: the chain withholds \
                  it, which is how validators burn",
    };
    let known = metagraph.owner_coldkey.is_some() || metagraph.owner_hotkey.is_some();
    let value = metagraph.incentive_of_owner().filter(|_| known);
    (limits, value.and_then(|(owner, all)| part(owner, all)))
}

fn reachable(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "miners that serve",
        unit: IndicatorUnit::Part,
        good: 0.9,
        fair: 0.5,
        meaning: "part of the miners whose address is on the chain; the others cannot be asked",
    };
    let serving = metagraph.of_role(Role::Miner).filter(|n| n.axon.is_some());
    let all = count(metagraph.of_role(Role::Miner));
    let value = part(count(serving), all);
    (limits, value.filter(|_| metagraph.tells_axons()))
}

fn neighbourhood(metagraph: &Metagraph) -> Judged {
    let limits = Limits {
        name: "miners that annul each other",
        unit: IndicatorUnit::Part,
        good: 0.1,
        fair: 0.5,
        meaning: "part of the miners that are not asked because a lower uid has their IP or coldkey",
    };
    let found = neighbours(metagraph);
    let known = metagraph.neurons.iter().all(|n| n.coldkey.is_some());
    let value = part(found.left_out.len() as f64, found.miners as f64);
    (limits, value.filter(|_| known))
}
