//! A whole subnet in one call of the runtime, `SubnetInfoRuntimeApi.get_metagraph`.
//!
//! Types come from the node's own metadata: newer runtimes wrap numbers (`AlphaBalance`, `PerU16`) and
//! add fields, and both are read as they are. Source: the subtensor runtime, specs 293 to 459.

use subxt::dynamic;
use subxt::ext::codec::Encode as _;
use subxt::ext::scale_decode::DecodeAsType;
use subxt::metadata::Metadata;
use subxt::utils::AccountId32;

use super::axon::AxonInfo;
use super::columns::Columns;
use super::connect::{At, Chain};
use super::error::ChainError;
use super::network::Network;
use super::storage;
use crate::address::Address;
use crate::subnet::{
    Alpha, EpochLength, Fraction, METAGRAPH_SCHEMA, Metagraph, Neuron, Pool, Price, PriceSource,
    RAO, Reading, Registration, Route, Tao,
};

const TRAIT: &str = "SubnetInfoRuntimeApi";
const METHOD: &str = "get_metagraph";
const TRUST: &str = "ValidatorTrust";
const PRICE: &str = "current_alpha_price";
/// Only runtimes that count epochs from the last have it.
const NEXT_EPOCH: &str = "get_next_epoch_start_block";

/// A fixed-point number of the chain: `bits` by 2^32.
#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Fixed32 {
    bits: i128,
}

/// Reads a subnet at a block; without one at the newest that is final.
///
/// # Errors
/// Anything from the wire, a chain without subnets, a subnet or block that is not there.
pub async fn read_metagraph(
    chain: &Chain,
    network: &Network,
    netuid: u16,
    block: Option<u64>,
) -> Result<Metagraph, ChainError> {
    let at = chain.at(block).await?;
    let metadata = at.metadata();
    if metadata.pallet_by_name("SubtensorModule").is_none()
        && metadata.runtime_api_trait_by_name(TRAIT).is_none()
    {
        return Err(ChainError::NoSubnets {
            endpoint: chain.endpoint.clone(),
            spec_version: at.spec_version(),
        });
    }
    let no_subnet = || ChainError::NoSubnet {
        endpoint: chain.endpoint.clone(),
        netuid,
        block: at.block_number(),
    };
    let reading = |route| Reading {
        block: at.block_number(),
        block_hash: format!("0x{}", hex::encode(at.block_hash())),
        genesis: chain.genesis.clone(),
        spec_version: at.spec_version(),
        network: network.to_string(),
        endpoint: chain.endpoint.clone(),
        route,
        read_at: jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())
            .unwrap_or_default()
            .to_string(),
    };
    let mut metagraph = match output_type(&metadata) {
        Some(type_id) => {
            let argument = netuid.encode();
            let method = format!("{TRAIT}_{METHOD}");
            let response = at
                .runtime_apis()
                .call_raw(&method, Some(&argument))
                .await
                .map_err(|e| chain.explain(&method, &e).at_block(block))?;
            let (swap, trust) =
                futures::join!(swap_price(&at, netuid), validator_trust(&at, netuid));
            // Without these two the read is still whole; they are reported as unknown.
            chain.forget_fault();
            let mut columns = Columns::decode(&response, type_id, &metadata)
                .map_err(|e| chain.explain(&method, &e))?
                .ok_or_else(no_subnet)?;
            let reading = reading(Route::RuntimeCall);
            // Without hotkeys there are no uids, which would pass for an empty subnet.
            let hotkeys =
                columns
                    .one::<Vec<AccountId32>>("hotkeys")
                    .ok_or_else(|| ChainError::Garbage {
                        endpoint: chain.endpoint.clone(),
                        method,
                        why: "it has no hotkeys that can be read".into(),
                    })?;
            from_columns(columns, &hotkeys, reading, netuid, swap, trust)
        }
        None => storage::read(chain, &at, netuid, reading(Route::Storage))
            .await
            .map_err(|e| e.at_block(block))?
            .ok_or_else(no_subnet)?,
    };
    let knows_next = metadata
        .runtime_api_trait_by_name(TRAIT)
        .is_some_and(|api| api.method_by_name(NEXT_EPOCH).is_some());
    metagraph.epoch = metagraph
        .tempo
        .map(|tempo| EpochLength::new(tempo, metagraph.read.spec_version, knows_next));
    metagraph.check().map_err(|e| ChainError::Garbage {
        endpoint: chain.endpoint.clone(),
        method: METHOD.into(),
        why: e.to_string(),
    })?;
    Ok(metagraph)
}

/// Type that the call returns; none where the runtime lacks the call.
fn output_type(metadata: &Metadata) -> Option<u32> {
    let api = metadata.runtime_api_trait_by_name(TRAIT)?;
    Some(api.method_by_name(METHOD)?.output_ty())
}

/// Result of an additional request.
enum Extra<T> {
    /// The runtime has nothing of the kind.
    NotThere,
    /// The runtime has it, and the request failed.
    Withheld,
    /// The value.
    Told(T),
}

/// The runtime's own price.
async fn swap_price(at: &At, netuid: u16) -> Extra<u64> {
    let metadata = at.metadata();
    let api = metadata.runtime_api_trait_by_name("SwapRuntimeApi");
    if api.is_none_or(|api| api.method_by_name(PRICE).is_none()) {
        return Extra::NotThere;
    }
    let call = dynamic::runtime_api_call::<_, u64>("SwapRuntimeApi", PRICE, (netuid,));
    match at.runtime_apis().call(call).await {
        Ok(price) if price > 0 => Extra::Told(price),
        _ => Extra::Withheld,
    }
}

/// Trust of validators, which the call leaves out.
async fn validator_trust(at: &At, netuid: u16) -> Extra<Vec<u16>> {
    if !storage::has(at, TRUST) {
        return Extra::NotThere;
    }
    match storage::map::<Vec<u16>>(at, TRUST, netuid).await {
        Ok(Some(trust)) => Extra::Told(trust),
        _ => Extra::Withheld,
    }
}

fn from_columns(
    mut columns: Columns,
    hotkeys: &[AccountId32],
    read: Reading,
    netuid: u16,
    swap: Extra<u64>,
    trust_of_validators: Extra<Vec<u16>>,
) -> Metagraph {
    let validator_trust = match trust_of_validators {
        Extra::Told(all) if all.len() == hotkeys.len() => Some(all),
        _ => None,
    };
    let is_trust_unknown = validator_trust.is_none();
    let is_price_unknown = matches!(swap, Extra::Withheld);
    let neurons = neurons(&mut columns, hotkeys, validator_trust);
    let pool = pool(&mut columns, swap);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
    let account = |account: AccountId32| Address::new(account.0);
    let mut metagraph = Metagraph {
        schema: METAGRAPH_SCHEMA.into(),
        read,
        netuid,
        name: columns.one("name").and_then(text),
        symbol: columns.one("symbol").and_then(text),
        tempo: columns.one("tempo"),
        epoch: None,
        last_step: columns.one("last_step"),
        blocks_since_last_step: columns.one("blocks_since_last_step"),
        max_uids: columns.one("max_uids"),
        max_validators: columns.one("max_validators"),
        immunity_period: columns.one("immunity_period"),
        registration: Registration {
            allowed: columns.one("registration_allowed"),
            cost_rao: columns.one("burn").map(Tao::from_rao),
        },
        pool,
        owner_hotkey: columns.one("owner_hotkey").map(account),
        owner_coldkey: columns.one("owner_coldkey").map(account),
        neurons,
        unknown: Vec::new(),
    };
    metagraph.unknown = columns.missing();
    if is_price_unknown {
        metagraph.unknown.push(PRICE.into());
    }
    if is_trust_unknown {
        metagraph.unknown.push(TRUST.into());
    }
    metagraph
}

fn neurons(
    columns: &mut Columns,
    hotkeys: &[AccountId32],
    validator_trust: Option<Vec<u16>>,
) -> Vec<Neuron> {
    let uids = hotkeys.len();
    let coldkeys = columns.all::<AccountId32>("coldkeys", uids);
    let axons = columns.all::<AxonInfo>("axons", uids);
    let active = columns.all::<bool>("active", uids);
    let permits = columns.all::<bool>("validator_permit", uids);
    let updates = columns.all::<u64>("last_update", uids);
    let registered = columns.all::<u64>("block_at_registration", uids);
    let emission = columns.all::<u64>("emission", uids);
    let incentives = columns.all::<u16>("incentives", uids);
    let dividends = columns.all::<u16>("dividends", uids);
    let consensus = columns.all::<u16>("consensus", uids);
    let trust = columns.all::<u16>("trust", uids);
    let alpha_stake = columns.all::<u64>("alpha_stake", uids);
    let tao_stake = columns.all::<u64>("tao_stake", uids);
    let total_stake = columns.all::<u64>("total_stake", uids);
    let neuron = |(uid, hotkey): (usize, &AccountId32)| Neuron {
        // More hotkeys than a u16 can number fail the check that uids count up.
        uid: u16::try_from(uid).unwrap_or(u16::MAX),
        hotkey: Address::new(hotkey.0),
        coldkey: at(&coldkeys, uid, |c| Address::new(c.0)),
        axon: axons.as_ref().and_then(|all| all[uid].axon()),
        active: at(&active, uid, |a| *a),
        validator_permit: at(&permits, uid, |p| *p),
        last_update: at(&updates, uid, |b| *b),
        registered_at: at(&registered, uid, |b| *b),
        emission_rao: at(&emission, uid, |e| Alpha::from_rao(*e)),
        incentive: at(&incentives, uid, |f| Fraction(*f)),
        dividends: at(&dividends, uid, |f| Fraction(*f)),
        consensus: at(&consensus, uid, |f| Fraction(*f)),
        trust: at(&trust, uid, |f| Fraction(*f)),
        validator_trust: at(&validator_trust, uid, |f| Fraction(*f)),
        alpha_stake_rao: at(&alpha_stake, uid, |s| Alpha::from_rao(*s)),
        tao_stake_rao: at(&tao_stake, uid, |s| Tao::from_rao(*s)),
        total_stake_rao: at(&total_stake, uid, |s| Alpha::from_rao(*s)),
    };
    hotkeys.iter().enumerate().map(neuron).collect()
}

fn pool(columns: &mut Columns, swap: Extra<u64>) -> Pool {
    let mut pool = Pool {
        tao_in_rao: columns.one("tao_in").map(Tao::from_rao),
        alpha_in_rao: columns.one("alpha_in").map(Alpha::from_rao),
        alpha_out_rao: columns.one("alpha_out").map(Alpha::from_rao),
        alpha_out_emission_rao: columns.one("alpha_out_emission").map(Alpha::from_rao),
        price: None,
    };
    let moving = columns.one::<Fixed32>("moving_price");
    pool.price = price(&pool, swap, moving.map(|m| m.bits));
    pool
}

/// The value of one uid.
fn at<T, U>(column: &Option<Vec<T>>, uid: usize, convert: impl Fn(&T) -> U) -> Option<U> {
    column.as_ref()?.get(uid).map(convert)
}

/// The best available price of an alpha in TAO.
fn price(pool: &Pool, swap: Extra<u64>, moving_bits: Option<i128>) -> Option<Price> {
    let named = |tao_per_alpha: f64, source| {
        (tao_per_alpha > 0.0).then_some(Price {
            tao_per_alpha,
            source,
        })
    };
    if let Extra::Told(rao) = swap {
        return named(rao as f64 / RAO as f64, PriceSource::Swap);
    }
    let reserves = pool.tao_in_rao.zip(pool.alpha_in_rao);
    if let Some((tao, alpha)) = reserves.filter(|(_, alpha)| alpha.rao() > 0) {
        return named(tao.whole() / alpha.whole(), PriceSource::Reserves);
    }
    named(
        moving_bits? as f64 / 2_f64.powi(32),
        PriceSource::MovingAverage,
    )
}
