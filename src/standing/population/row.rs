//! One line of a population.

use crate::domain::UnknownTask;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use crate::scoring::rewards::{Miner, Snapshot};
use crate::text::comma_in_number;

/// One uid as it is written. Unknown columns are ignored.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    uid: u16,
    #[serde(default, alias = "task_type", alias = "track")]
    task: Option<String>,
    #[serde(alias = "score")]
    accumulate_score: f64,
    #[serde(default)]
    alpha_stake: Option<f64>,
    #[serde(default, alias = "permit", deserialize_with = "permit")]
    validator_permit: bool,
    #[serde(default)]
    hotkey: Option<String>,
    #[serde(default)]
    coldkey: Option<String>,
    #[serde(default, alias = "address")]
    ip: Option<String>,
    #[serde(default, alias = "snapshots", deserialize_with = "triples")]
    emission_snapshots: Vec<(u64, f64, f64)>,
}

/// Largest standing that is read: no validator's exceeds 1.15.
const LARGEST_STANDING: f64 = 1000.0;

fn permit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct Truth;
    impl Visitor<'_> for Truth {
        type Value = bool;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true or false as validator_permit")
        }
        fn visit_bool<E>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<bool, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_unit<E>(self) -> Result<bool, E> {
            Ok(false)
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
            match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true),
                "" | "false" | "no" | "0" => Ok(false),
                other => Err(E::custom(format!(
                    "validator_permit: `{other}` is neither true nor false"
                ))),
            }
        }
    }
    deserializer.deserialize_any(Truth)
}

/// `block:stake:emission` triples separated by spaces or semicolons, or a list of lists.
fn triples<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(u64, f64, f64)>, D::Error> {
    struct Triples;
    impl<'de> Visitor<'de> for Triples {
        type Value = Vec<(u64, f64, f64)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("block:stake:emission triples as emission_snapshots")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(triple) = list.next_element()? {
                found.push(triple);
            }
            Ok(found)
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
            self.visit_str(&value.to_string())
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let parts = text.split([';', ' ']).filter(|part| !part.is_empty());
            let wrong = |part: &str| {
                let what = part.split(':').find_map(comma_in_number);
                let what =
                    what.unwrap_or_else(|| format!("`{part}` is no block:stake:emission triple"));
                E::custom(format!("emission_snapshots: {what}"))
            };
            parts
                .map(|part| triple(part).ok_or_else(|| wrong(part)))
                .collect()
        }
    }
    deserializer.deserialize_any(Triples)
}

fn triple(part: &str) -> Option<(u64, f64, f64)> {
    let (block, rest) = part.split_once(':')?;
    let (stake, emission) = rest.split_once(':')?;
    Some((
        block.parse().ok()?,
        stake.parse().ok()?,
        emission.parse().ok()?,
    ))
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
            Some(name) => Some(name.parse().map_err(|UnknownTask(other)| {
                format!("task: `{other}` is neither compression nor upscaling")
            })?),
        };
        let standing = finite("accumulate_score", self.accumulate_score)?;
        if standing < 0.0 && standing != crate::scoring::rewards::EXCLUDED {
            return Err(format!(
                "accumulate_score: {standing} is below 0, and only -1 has a meaning there"
            ));
        }
        if standing > LARGEST_STANDING {
            return Err(format!(
                "accumulate_score: {standing:?} is no standing: they stay below 1.15"
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

fn snapshots(triples: Vec<(u64, f64, f64)>) -> Result<Vec<Snapshot>, String> {
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
