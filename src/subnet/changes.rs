//! What changed between two reads of a subnet.

use std::fmt;

use serde::Serialize;

use super::amount::Alpha;
use super::metagraph::{Axon, Metagraph, Neuron, Reading};
use crate::address::Address;

/// Form of a comparison.
pub const DIFF_SCHEMA: &str = "vidaio.subnet-diff/1";

/// What changed between two blocks.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Changes {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// The earlier read.
    pub from: Reading,
    /// The later read.
    pub to: Reading,
    /// Percent by which emission or stake must change to be reported.
    pub threshold_percent: f64,
    /// The changes, by uid.
    pub changes: Vec<SubnetChange>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Change")]
pub struct SubnetChange {
    /// The uid; absent where the subnet itself changed.
    pub uid: Option<u16>,
    /// Its hotkey, after the change where it has one.
    pub hotkey: Option<Address>,
    /// What changed.
    pub change: ChangeKind,
    /// What it was.
    pub before: Option<ChangedValue>,
    /// What it is.
    pub after: Option<ChangedValue>,
    /// Unit of both, where they are amounts.
    pub unit: Option<&'static str>,
}

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A uid that was not there.
    Registered,
    /// A uid that went to another hotkey.
    Replaced,
    /// A uid that is gone.
    Gone,
    /// Its coldkey was swapped.
    Coldkey,
    /// It has a permit now.
    PermitGained,
    /// It has none any more.
    PermitLost,
    /// It serves elsewhere, begins to or ceases to.
    Axon,
    /// It is paid more or less, begins to be or ceases to be.
    Emission,
    /// Its stake changed.
    Stake,
    /// Epochs last otherwise.
    Tempo,
    /// The subnet has another owner, by coldkey.
    Owner,
    /// The subnet's owner has another hotkey.
    OwnerHotkey,
    /// The runtime was upgraded.
    Runtime,
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Side")]
pub enum ChangedValue {
    /// An account.
    Account(Address),
    /// An address and port.
    Endpoint(String),
    /// Whole coins.
    Amount(f64),
    /// A number that is counted.
    Count(u64),
}

impl fmt::Display for ChangedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Endpoint(text) => f.pad(text),
            Self::Amount(amount) => write!(f, "{amount:.9}"),
            Self::Count(count) => count.fmt(f),
        }
    }
}

impl SubnetChange {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        let side = |side: &Option<ChangedValue>| {
            side.as_ref()
                .map_or_else(|| "none".into(), ChangedValue::to_string)
        };
        let (before, after) = (side(&self.before), side(&self.after));
        let what = match self.change {
            ChangeKind::Registered => return "registered".into(),
            ChangeKind::Replaced => return format!("registered in place of {before}"),
            ChangeKind::Gone => return "gone".into(),
            ChangeKind::PermitGained => return "gained a validator permit".into(),
            ChangeKind::PermitLost => return "lost its validator permit".into(),
            ChangeKind::Coldkey => "coldkey",
            ChangeKind::Axon => "axon",
            ChangeKind::Emission => "emission",
            ChangeKind::Stake => "stake",
            ChangeKind::Tempo => "tempo",
            ChangeKind::Owner => "owner",
            ChangeKind::OwnerHotkey => "owner's hotkey",
            ChangeKind::Runtime => "runtime",
        };
        let unit = self
            .unit
            .map_or_else(String::new, |unit| format!(" {unit}"));
        format!("{what} {before} -> {after}{unit}")
    }
}

/// A change without whose it is.
struct Found(
    ChangeKind,
    Option<ChangedValue>,
    Option<ChangedValue>,
    Option<&'static str>,
);

/// Compares two reads. An amount must change by `percent` to be reported; one that becomes or
/// ceases to be 0 always is. What one of the reads lacks did not change as far as is known.
#[must_use]
pub fn changes(from: &Metagraph, to: &Metagraph, percent: f64) -> Changes {
    let mut found = Vec::new();
    let mut add = |uid: Option<u16>, hotkey: Option<Address>, all: Vec<Found>| {
        found.extend(
            all.into_iter()
                .map(|Found(change, before, after, unit)| SubnetChange {
                    uid,
                    hotkey,
                    change,
                    before,
                    after,
                    unit,
                }),
        );
    };
    add(None, None, subnet(from, to));
    let axons_known = from.tells_axons() && to.tells_axons();
    let uids = from.neurons.len().max(to.neurons.len());
    for uid in (0..uids).filter_map(|uid| u16::try_from(uid).ok()) {
        let (before, after) = (from.uid(uid), to.uid(uid));
        let bare = |kind| vec![Found(kind, None, None, None)];
        let all = match (before, after) {
            (None, Some(_)) => bare(ChangeKind::Registered),
            (Some(_), None) => bare(ChangeKind::Gone),
            (Some(before), Some(after)) if before.hotkey != after.hotkey => {
                let (before, after) = (
                    ChangedValue::Account(before.hotkey),
                    ChangedValue::Account(after.hotkey),
                );
                vec![Found(ChangeKind::Replaced, Some(before), Some(after), None)]
            }
            (Some(before), Some(after)) => of_one(before, after, percent / 100.0, axons_known),
            (None, None) => Vec::new(),
        };
        add(Some(uid), after.or(before).map(|n| n.hotkey), all);
    }
    Changes {
        schema: DIFF_SCHEMA.into(),
        netuid: to.netuid,
        from: from.read.clone(),
        to: to.read.clone(),
        threshold_percent: percent,
        changes: found,
    }
}

/// A change of something that both reads have.
fn known<T: PartialEq>(
    kind: ChangeKind,
    (before, after): (Option<T>, Option<T>),
    unit: Option<&'static str>,
    side: impl Fn(T) -> ChangedValue,
) -> Option<Found> {
    let (before, after) = before.zip(after)?;
    let changed = before != after;
    changed.then(|| Found(kind, Some(side(before)), Some(side(after)), unit))
}

fn subnet(from: &Metagraph, to: &Metagraph) -> Vec<Found> {
    let runtime = (Some(from.read.spec_version), Some(to.read.spec_version));
    let owners = (from.owner_coldkey, to.owner_coldkey);
    let hotkeys = (from.owner_hotkey, to.owner_hotkey);
    [
        known(ChangeKind::Runtime, runtime, None, |v| {
            ChangedValue::Count(v.into())
        }),
        known(
            ChangeKind::Tempo,
            (from.tempo, to.tempo),
            Some("blocks"),
            |t| ChangedValue::Count(t.into()),
        ),
        known(ChangeKind::Owner, owners, None, ChangedValue::Account),
        known(
            ChangeKind::OwnerHotkey,
            hotkeys,
            None,
            ChangedValue::Account,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_one(before: &Neuron, after: &Neuron, threshold: f64, axons_known: bool) -> Vec<Found> {
    let coldkeys = (before.coldkey, after.coldkey);
    let permit = match (before.validator_permit, after.validator_permit) {
        (Some(false), Some(true)) => Some(Found(ChangeKind::PermitGained, None, None, None)),
        (Some(true), Some(false)) => Some(Found(ChangeKind::PermitLost, None, None, None)),
        _ => None,
    };
    let address = |axon: Option<Axon>| axon.map(|a| (a.ip, a.port));
    let endpoint = |axon: Option<Axon>| axon.map(|a| ChangedValue::Endpoint(a.to_string()));
    let axon = (axons_known && address(before.axon) != address(after.axon)).then(|| {
        Found(
            ChangeKind::Axon,
            endpoint(before.axon),
            endpoint(after.axon),
            None,
        )
    });
    let amount = |kind, unit, before: Option<Alpha>, after: Option<Alpha>| {
        let (a, b) = before.zip(after)?;
        let (low, high) = (a.min(b), a.max(b));
        let reported = low != high
            && (low.rao() == 0 || (high.rao() - low.rao()) as f64 > threshold * a.rao() as f64);
        let side = |alpha: Alpha| Some(ChangedValue::Amount(alpha.whole()));
        reported.then(|| Found(kind, side(a), side(b), Some(unit)))
    };
    [
        known(ChangeKind::Coldkey, coldkeys, None, ChangedValue::Account),
        permit,
        axon,
        amount(
            ChangeKind::Emission,
            "alpha an epoch",
            before.emission_rao,
            after.emission_rao,
        ),
        amount(
            ChangeKind::Stake,
            Alpha::UNIT,
            before.total_stake_rao,
            after.total_stake_rao,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
