//! One line of a population.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::scoring::TaskType;
use crate::scoring::rewards::{Miner, Snapshot};

/// One uid as it is written. Columns that are not known are passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    uid: u16,
    #[serde(default, alias = "task_type", alias = "track")]
    task: Option<String>,
    #[serde(alias = "score")]
    accumulate_score: f64,
    #[serde(default)]
    alpha_stake: Option<f64>,
    #[serde(default, alias = "permit", deserialize_with = "truth")]
    validator_permit: bool,
    #[serde(default)]
    hotkey: Option<String>,
    #[serde(default)]
    coldkey: Option<String>,
    #[serde(default, alias = "address")]
    ip: Option<String>,
    #[serde(default, alias = "snapshots")]
    emission_snapshots: Option<Snapshots>,
}

/// `block:stake:emission` triples parted by spaces or semicolons, or a list of lists.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Snapshots {
    List(Vec<(u64, f64, f64)>),
    Text(String),
}

fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Truth(bool),
        Number(u8),
        Text(String),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(false),
        Some(Written::Truth(value)) => Ok(value),
        Some(Written::Number(n @ (0 | 1))) => Ok(n == 1),
        Some(Written::Number(n)) => Err(D::Error::custom(format!("{n} is neither 0 nor 1"))),
        Some(Written::Text(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Ok(true),
            "" | "false" | "no" => Ok(false),
            other => Err(D::Error::custom(format!(
                "`{other}` is neither true nor false"
            ))),
        },
    }
}

impl Row {
    pub(super) fn into_miner(self) -> Result<Miner, String> {
        let finite = |name: &str, value: f64| {
            if value.is_finite() {
                Ok(value)
            } else {
                Err(format!("{name}: {value} is not a finite number"))
            }
        };
        let task = match self.task.as_deref().map(str::trim) {
            None | Some("" | "-" | "none" | "null") => None,
            Some("compression" | "compress") => Some(TaskType::Compression),
            Some("upscaling" | "upscale") => Some(TaskType::Upscaling),
            Some(other) => {
                return Err(format!(
                    "task: `{other}` is neither compression nor upscaling"
                ));
            }
        };
        let standing = finite("accumulate_score", self.accumulate_score)?;
        if standing < 0.0 && standing != crate::scoring::rewards::EXCLUDED {
            return Err(format!(
                "accumulate_score: {standing} is below 0, and only -1 has a meaning there"
            ));
        }
        let text = |value: Option<String>| value.filter(|v| !v.trim().is_empty());
        Ok(Miner {
            uid: self.uid,
            task,
            standing,
            alpha_stake: finite("alpha_stake", self.alpha_stake.unwrap_or(0.0))?,
            validator_permit: self.validator_permit,
            hotkey: text(self.hotkey),
            coldkey: text(self.coldkey),
            address: text(self.ip),
            snapshots: snapshots(self.emission_snapshots)?,
        })
    }
}

fn snapshots(written: Option<Snapshots>) -> Result<Vec<Snapshot>, String> {
    let triples = match written {
        None => Vec::new(),
        Some(Snapshots::List(list)) => list,
        Some(Snapshots::Text(text)) => text
            .split([';', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| {
                let wrong =
                    || format!("emission_snapshots: `{part}` is no block:stake:emission triple");
                let numbers: Vec<&str> = part.split(':').collect();
                let [block, stake, emission] = numbers[..] else {
                    return Err(wrong());
                };
                Ok((
                    block.parse().map_err(|_| wrong())?,
                    stake.parse().map_err(|_| wrong())?,
                    emission.parse().map_err(|_| wrong())?,
                ))
            })
            .collect::<Result<_, _>>()?,
    };
    let mut found: Vec<Snapshot> = triples
        .into_iter()
        .map(|(block, alpha_stake, emission)| Snapshot {
            block,
            alpha_stake,
            emission,
        })
        .collect();
    if found
        .iter()
        .any(|s| !s.alpha_stake.is_finite() || !s.emission.is_finite())
    {
        return Err("emission_snapshots: a number is not finite".into());
    }
    found.sort_by_key(|s| s.block);
    Ok(found)
}
