//! One uid of each owner: those with the address or coldkey of a lower one are left out (`next`).

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::population::{LeftOut, Miner, Uid};

/// Uids that are left out because a lower one has their address or coldkey, each with that one.
#[must_use]
pub fn one_per_owner(miners: &[Miner]) -> BTreeMap<Uid, Uid> {
    let mut rows: Vec<&Miner> = miners.iter().collect();
    rows.sort_by_key(|m| m.uid);
    let mut left_out = BTreeMap::new();
    keep_one_per_owner(&mut rows, &mut left_out);
    let same_owner = left_out.into_iter().filter_map(|(uid, why)| match why {
        LeftOut::SameOwner(kept) => Some((uid, kept)),
        _ => None,
    });
    same_owner.collect()
}

/// The lowest uid of an address and of a coldkey stays. Rows come in ascending uid.
pub(super) fn keep_one_per_owner(rows: &mut Vec<&Miner>, left_out: &mut BTreeMap<Uid, LeftOut>) {
    let mut addresses: HashMap<String, Uid> = HashMap::new();
    let mut coldkeys: HashMap<&str, Uid> = HashMap::new();
    rows.retain(|miner| {
        let address = miner.address.as_deref().and_then(address_identity);
        let coldkey = miner.coldkey.as_deref().filter(|key| !key.is_empty());
        let taken = address
            .as_ref()
            .and_then(|a| addresses.get(a))
            .or_else(|| coldkey.and_then(|key| coldkeys.get(key)));
        if let Some(first) = taken {
            left_out.insert(miner.uid, LeftOut::SameOwner(*first));
            return false;
        }
        if let Some(address) = address {
            addresses.insert(address, miner.uid);
        }
        if let Some(key) = coldkey {
            coldkeys.insert(key, miner.uid);
        }
        true
    });
}

/// One spelling for an address. An unspecified one means that none was advertised.
fn address_identity(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    match text.parse::<IpAddr>() {
        Ok(address) => {
            let address = address.to_canonical();
            (!address.is_unspecified()).then(|| address.to_string())
        }
        Err(_) => Some(text.to_owned()),
    }
}
