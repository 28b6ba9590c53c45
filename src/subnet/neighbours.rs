//! Uids that annul each other: one address or one coldkey, one of them is asked.
//!
//! Validators reduce miners that share an axon's IP, then those that share a coldkey, to one; the others
//! are recorded as 0 without being asked (`neurons/validator.py:2361-2565` at `fea3779`; since
//! 2026-06-24 by IP). `next` keeps the lowest uid in one pass over both and pays the others nothing; that
//! is what is worked out here.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::amount::Alpha;
use super::metagraph::{Metagraph, Neuron, Reading};
use super::role::Role;
use crate::address::Address;
use crate::scoring::rewards::{Miner, one_per_owner};

/// Form of the neighbours.
pub const NEIGHBOURS_SCHEMA: &str = "vidaio.subnet-neighbours/1";

/// What uids share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
#[schemars(rename = "Shared")]
pub enum SharedIdentity {
    /// The address of their axons.
    Ip(IpAddr),
    /// Their coldkey.
    Coldkey(Address),
}

/// Uids that share something.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Neighbours {
    /// What they share.
    pub shared: SharedIdentity,
    /// The uids, ascending.
    pub uids: Vec<u16>,
    /// The one that `next` keeps, unless something else that it shares costs it its place, too.
    pub kept: Option<u16>,
    /// Alpha of the last epoch, all together.
    pub emission_alpha: Option<f64>,
}

/// Every group of neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct NeighboursVerdict {
    /// Form of this record.
    pub schema: String,
    /// Number of the subnet.
    pub netuid: u16,
    /// Where and when it was read.
    pub read: Reading,
    /// Miners in all; validators and the owner's uids are not looked at.
    pub miners: usize,
    /// Miners that `next` leaves out, each with the one that is kept instead.
    pub left_out: BTreeMap<u16, u16>,
    /// Groups, the largest first.
    pub groups: Vec<Neighbours>,
}

/// Finds the groups.
#[must_use]
pub fn neighbours(metagraph: &Metagraph) -> NeighboursVerdict {
    let miners: Vec<&Neuron> = metagraph.of_role(Role::Miner).collect();
    let mut found: BTreeMap<SharedIdentity, Vec<&Neuron>> = BTreeMap::new();
    for neuron in &miners {
        // An unspecified address means that none was advertised.
        let ip = neuron.axon.map(|axon| axon.ip.to_canonical());
        let ip = ip.filter(|ip| !ip.is_unspecified()).map(SharedIdentity::Ip);
        for shared in ip
            .into_iter()
            .chain(neuron.coldkey.map(SharedIdentity::Coldkey))
        {
            found.entry(shared).or_default().push(neuron);
        }
    }
    let left_out = left_out(&miners);
    let mut groups: Vec<Neighbours> = found
        .into_iter()
        .filter(|(_, uids)| uids.len() > 1)
        .map(|(shared, group)| {
            let emission: Option<Alpha> = group.iter().map(|n| n.emission_rao).sum();
            let uids: Vec<u16> = group.iter().map(|n| n.uid).collect();
            Neighbours {
                shared,
                kept: uids.iter().copied().find(|uid| !left_out.contains_key(uid)),
                uids,
                emission_alpha: emission.map(Alpha::whole),
            }
        })
        .collect();
    groups.sort_by(|a, b| (b.uids.len(), &a.shared).cmp(&(a.uids.len(), &b.shared)));
    NeighboursVerdict {
        schema: NEIGHBOURS_SCHEMA.into(),
        netuid: metagraph.netuid,
        read: metagraph.read.clone(),
        miners: miners.len(),
        left_out,
        groups,
    }
}

/// By the same code that splits rewards under `next`.
fn left_out(miners: &[&Neuron]) -> BTreeMap<u16, u16> {
    let rows: Vec<Miner> = miners
        .iter()
        .map(|n| Miner {
            uid: n.uid,
            coldkey: n.coldkey.map(|c| c.to_string()),
            address: n.axon.map(|a| a.ip.to_string()),
            ..Miner::default()
        })
        .collect();
    one_per_owner(&rows)
}
