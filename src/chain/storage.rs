//! A subnet from the maps of the chain's storage, for runtimes without `get_metagraph`.
//!
//! Names and hashers follow the subtensor runtime, specs 293 to 425; the two maps of stake were renamed
//! once and are looked up under both names. What no single map holds (stake in TAO, and
//! with it the total) stays unknown.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _};
use subxt::dynamic;
use subxt::error::StorageError;
use subxt::ext::scale_decode::DecodeAsType;
use subxt::ext::scale_encode::EncodeAsType;
use subxt::utils::AccountId32;

use super::axon::AxonInfo;
use super::connect::{At, Chain};
use super::error::ChainError;
use crate::address::Address;
use crate::subnet::{
    Alpha, Fraction, METAGRAPH_SCHEMA, Metagraph, Neuron, Pool, Reading, Registration, Tao,
};

const PALLET: &str = "SubtensorModule";
/// Most requests at a time. Our choice.
const AT_ONCE: usize = 32;

/// A map with the subnet's number as its key; none where the runtime has no such map, or no value.
pub(super) async fn map<T: DecodeAsType>(
    at: &At,
    entry: &str,
    netuid: u16,
) -> Result<Option<T>, StorageError> {
    if !has(at, entry) {
        return Ok(None);
    }
    let address = dynamic::storage::<(u16,), T>(PALLET, entry);
    match at.storage().try_fetch(address, (netuid,)).await? {
        // A value of another type is as good as none.
        Some(value) => Ok(value.decode().ok()),
        None => Ok(None),
    }
}

/// Whether the runtime has a map of that name.
pub(super) fn has(at: &At, entry: &str) -> bool {
    let metadata = at.metadata();
    let pallet = metadata.pallet_by_name(PALLET);
    let storage = pallet.and_then(|pallet| pallet.storage());
    storage.is_some_and(|storage| storage.entry_by_name(entry).is_some())
}

/// Maps that give one value for each uid, and what was missed.
struct Maps<'a> {
    chain: &'a Chain,
    at: &'a At,
    netuid: u16,
    unknown: Vec<String>,
}

impl Maps<'_> {
    async fn one<T: DecodeAsType>(&mut self, entry: &str) -> Result<Option<T>, ChainError> {
        let found = map(self.at, entry, self.netuid)
            .await
            .map_err(|e| self.chain.explain(entry, &e))?;
        if found.is_none() {
            self.unknown.push(entry.to_owned());
        }
        Ok(found)
    }

    async fn all<T: DecodeAsType>(
        &mut self,
        entry: &str,
        uids: usize,
    ) -> Result<Option<Vec<T>>, ChainError> {
        let found = self.one::<Vec<T>>(entry).await?;
        if found.as_ref().is_some_and(|all| all.len() != uids) {
            self.unknown.push(entry.to_owned());
            return Ok(None);
        }
        Ok(found)
    }

    /// Every value under the subnet's number, by its second key.
    async fn under<K, V>(&mut self, entry: &str) -> Result<Option<Vec<(K, V)>>, ChainError>
    where
        K: DecodeAsType + EncodeAsType,
        V: DecodeAsType,
    {
        if !has(self.at, entry) {
            self.unknown.push(entry.to_owned());
            return Ok(None);
        }
        let address = dynamic::storage::<(u16, K), V>(PALLET, entry);
        let failed = |e: StorageError| self.chain.explain(entry, &e);
        let mut values = self
            .at
            .storage()
            .iter(address, (self.netuid,))
            .await
            .map_err(failed)?;
        let mut found = Vec::new();
        while let Some(value) = values.next().await {
            let value = value.map_err(failed)?;
            let key = value.key().ok().and_then(|key| key.part(1));
            let key = key.and_then(|part| part.decode_as::<K>().ok().flatten());
            if let Some((key, value)) = key.zip(value.value().decode().ok()) {
                found.push((key, value));
            }
        }
        Ok(Some(found))
    }

    /// A value for each hotkey, from the first of these maps that the runtime has.
    async fn of_hotkeys<V: DecodeAsType>(
        &mut self,
        entries: &[&str],
        hotkeys: &[AccountId32],
        with_netuid: bool,
    ) -> Result<Option<Vec<Option<V>>>, ChainError> {
        let Some(entry) = entries.iter().copied().find(|entry| has(self.at, entry)) else {
            self.unknown
                .extend(entries.first().map(|e| (*e).to_owned()));
            return Ok(None);
        };
        let netuid = self.netuid;
        let ask = async |hotkey: &AccountId32| {
            let storage = self.at.storage();
            if with_netuid {
                let address = dynamic::storage::<(AccountId32, u16), V>(PALLET, entry);
                let value = storage.try_fetch(address, (*hotkey, netuid)).await?;
                Ok(value.and_then(|value| value.decode().ok()))
            } else {
                let address = dynamic::storage::<(AccountId32,), V>(PALLET, entry);
                let value = storage.try_fetch(address, (*hotkey,)).await?;
                Ok(value.and_then(|value| value.decode().ok()))
            }
        };
        let asked = futures::stream::iter(hotkeys.iter().map(ask)).buffered(AT_ONCE);
        let all: Result<Vec<Option<V>>, StorageError> = asked.try_collect().await;
        all.map(Some).map_err(|e| self.chain.explain(entry, &e))
    }
}

/// The default of a map of accounts is nobody.
fn somebody(account: AccountId32) -> Option<Address> {
    (account.0 != [0; 32]).then(|| Address::new(account.0))
}

/// Reads a subnet; none where there is none of that number.
pub(super) async fn read(
    chain: &Chain,
    at: &At,
    netuid: u16,
    read: Reading,
) -> Result<Option<Metagraph>, ChainError> {
    let mut maps = Maps {
        chain,
        at,
        netuid,
        unknown: Vec::new(),
    };
    // A subnet that is not there has the default of every map, and with it no uids.
    let Some(uids) = maps.one::<u16>("SubnetworkN").await?.filter(|n| *n > 0) else {
        return Ok(None);
    };
    let hotkeys = hotkeys(&mut maps, uids).await?;
    let neurons = neurons(&mut maps, &hotkeys).await?;
    let last_step = maps.one::<u64>("LastMechansimStepBlock").await?;
    let block = read.block;
    let mut metagraph = Metagraph {
        schema: METAGRAPH_SCHEMA.into(),
        netuid,
        name: None,
        symbol: None,
        tempo: maps.one("Tempo").await?,
        epoch: None,
        last_step,
        blocks_since_last_step: last_step.map(|step| block.saturating_sub(step)),
        max_uids: maps.one("MaxAllowedUids").await?,
        max_validators: maps.one("MaxAllowedValidators").await?,
        immunity_period: maps.one("ImmunityPeriod").await?,
        registration: Registration {
            allowed: maps.one("NetworkRegistrationAllowed").await?,
            cost_rao: maps.one::<u64>("Burn").await?.map(Tao::from_rao),
        },
        pool: Pool::default(),
        owner_hotkey: maps
            .one::<AccountId32>("SubnetOwnerHotkey")
            .await?
            .and_then(somebody),
        owner_coldkey: maps
            .one::<AccountId32>("SubnetOwner")
            .await?
            .and_then(somebody),
        neurons,
        unknown: Vec::new(),
        read,
    };
    maps.unknown
        .extend(["tao_stake", "total_stake", "price"].map(str::to_owned));
    maps.unknown.sort();
    maps.unknown.dedup();
    metagraph.unknown = maps.unknown;
    Ok(Some(metagraph))
}

/// The hotkeys by uid, without a gap.
async fn hotkeys(maps: &mut Maps<'_>, uids: u16) -> Result<Vec<AccountId32>, ChainError> {
    let keys = maps.under::<u16, AccountId32>("Keys").await?;
    let keys: BTreeMap<u16, AccountId32> = keys.unwrap_or_default().into_iter().collect();
    if keys.len() != usize::from(uids) || !keys.keys().copied().eq(0..uids) {
        return Err(ChainError::Garbage {
            endpoint: maps.chain.endpoint.clone(),
            method: "Keys".into(),
            why: format!("{} hotkeys for {uids} uids", keys.len()),
        });
    }
    Ok(keys.into_values().collect())
}

async fn neurons(maps: &mut Maps<'_>, hotkeys: &[AccountId32]) -> Result<Vec<Neuron>, ChainError> {
    let count = hotkeys.len();
    let axons = maps.under::<AccountId32, AxonInfo>("Axons").await?;
    let axons: Option<BTreeMap<[u8; 32], AxonInfo>> =
        axons.map(|all| all.into_iter().map(|(key, axon)| (key.0, axon)).collect());
    let owners = maps
        .of_hotkeys::<AccountId32>(&["Owner"], hotkeys, false)
        .await?;
    let stakes = maps
        .of_hotkeys::<u64>(&["TotalHotkeyAlpha", "TotalHotkeyAlphaV2"], hotkeys, true)
        .await?;
    let active = maps.all::<bool>("Active", count).await?;
    let permits = maps.all::<bool>("ValidatorPermit", count).await?;
    let updates = maps.all::<u64>("LastUpdate", count).await?;
    let emission = emission(maps, count).await?;
    let incentive = maps.all::<u16>("Incentive", count).await?;
    let dividends = maps.all::<u16>("Dividends", count).await?;
    let consensus = maps.all::<u16>("Consensus", count).await?;
    let validator_trust = maps.all::<u16>("ValidatorTrust", count).await?;
    let registered = maps.under::<u16, u64>("BlockAtRegistration").await?;
    let registered: BTreeMap<u16, u64> = registered.unwrap_or_default().into_iter().collect();
    let fraction =
        |column: &Option<Vec<u16>>, uid: usize| column.as_ref().map(|all| Fraction(all[uid]));
    let neuron = |(uid, hotkey): (usize, &AccountId32)| {
        let number = u16::try_from(uid).unwrap_or(u16::MAX);
        let axon = axons.as_ref().and_then(|all| all.get(&hotkey.0)?.axon());
        let coldkey = owners.as_ref().and_then(|all| all[uid]);
        Neuron {
            uid: number,
            hotkey: Address::new(hotkey.0),
            coldkey: coldkey.and_then(somebody),
            axon,
            active: active.as_ref().map(|all| all[uid]),
            validator_permit: permits.as_ref().map(|all| all[uid]),
            last_update: updates.as_ref().map(|all| all[uid]),
            registered_at: registered.get(&number).copied(),
            emission_rao: emission.as_ref().map(|all| Alpha::from_rao(all[uid])),
            incentive: fraction(&incentive, uid),
            dividends: fraction(&dividends, uid),
            consensus: fraction(&consensus, uid),
            trust: None,
            validator_trust: fraction(&validator_trust, uid),
            // A hotkey without stake has no entry.
            alpha_stake_rao: stakes
                .as_ref()
                .map(|all| Alpha::from_rao(all[uid].unwrap_or(0))),
            tao_stake_rao: None,
            total_stake_rao: None,
        }
    };
    Ok(hotkeys.iter().enumerate().map(neuron).collect())
}

/// Emission in alpha; before subnets had a coin, the map held TAO.
async fn emission(maps: &mut Maps<'_>, count: usize) -> Result<Option<Vec<u64>>, ChainError> {
    let alpha = ["SubnetAlphaIn", "TotalHotkeyAlpha", "TotalHotkeyAlphaV2"];
    if alpha.iter().any(|entry| has(maps.at, entry)) {
        return maps.all::<u64>("Emission", count).await;
    }
    maps.unknown.push("Emission".into());
    Ok(None)
}
