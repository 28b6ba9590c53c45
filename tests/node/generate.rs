//! A subnet made up of numbers: eight validators, miners with an incentive that falls geometrically, one
//! in ten without any, miners with a permit of their own, neighbours, and two uids of the owner.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vidaio::address::Address;
use vidaio::subnet::{
    Alpha, Axon, Fraction, METAGRAPH_SCHEMA, Metagraph, Neuron, Pool, Price, PriceSource, RAO,
    Reading, Registration, Route, Tao,
};

/// Uids that validate.
pub(crate) const VALIDATORS: u16 = 8;
/// Blocks of an epoch.
pub(crate) const TEMPO: u16 = 360;
/// Price that the runtime tells, and the pool of this subnet shows.
pub(crate) const PRICE: f64 = 0.02;

/// An account by number and kind.
pub(crate) fn account(number: u16, kind: u8) -> Address {
    let mut key = [kind; 32];
    key[..2].copy_from_slice(&number.to_le_bytes());
    Address::new(key)
}

/// A hotkey by its uid.
pub(crate) fn hotkey(uid: u16) -> Address {
    account(uid, 0x10)
}

/// A subnet at a block.
pub(crate) fn subnet(netuid: u16, uids: u16, block: u64) -> Metagraph {
    let owner = account(1000, 0x30);
    let miners = VALIDATORS..uids;
    // The last tenth earns nothing.
    let weight = |uid: u16| {
        if miners.contains(&uid) && uid < uids - uids / 10 {
            0.97_f64.powi(i32::from(uid - VALIDATORS))
        } else {
            0.0
        }
    };
    let sum: f64 = (0..uids).map(weight).sum();
    let half = f64::from(TEMPO + 1) * 0.41 * RAO as f64;
    let neurons = (0..uids).map(|uid| {
        let validates = uid < VALIDATORS;
        let part = if sum > 0.0 { weight(uid) / sum } else { 0.0 };
        let emission = if validates {
            half / f64::from(VALIDATORS)
        } else {
            half * part
        };
        let stake = if validates {
            50_000
        } else {
            5 + u64::from(uid)
        };
        let tao = if validates { 10_000 } else { 0 };
        let incentive = Fraction((part * 65535.0) as u16);
        // Every 40th miner staked so much on itself that it was given a permit.
        let permit = validates || uid % 40 == 39;
        Neuron {
            uid,
            hotkey: hotkey(uid),
            coldkey: Some(match uid {
                // Two uids of the owner, and neighbours by coldkey.
                20 | 21 => owner,
                _ => account(uid % 200, 0x20),
            }),
            axon: axon(uid),
            active: Some(validates),
            validator_permit: Some(permit),
            last_update: Some(block - 100 - u64::from(uid)),
            registered_at: Some(block - 20_000 + u64::from(uid)),
            emission_rao: Some(Alpha::from_rao(emission as u64)),
            incentive: Some(incentive),
            dividends: Some(Fraction(if validates { 65535 / VALIDATORS } else { 0 })),
            consensus: Some(incentive),
            trust: Some(Fraction(uid)),
            validator_trust: Some(Fraction(if validates { 60_000 + uid } else { 0 })),
            alpha_stake_rao: Some(Alpha::from_rao(stake * RAO)),
            tao_stake_rao: Some(Tao::from_rao(tao * RAO)),
            total_stake_rao: Some(Alpha::from_rao(stake * RAO + tao * RAO / 100 * 18)),
        }
    });
    Metagraph {
        schema: METAGRAPH_SCHEMA.into(),
        read: Reading {
            block,
            block_hash: String::new(),
            genesis: String::new(),
            spec_version: 0,
            network: String::new(),
            endpoint: String::new(),
            route: Route::RuntimeCall,
            read_at: String::new(),
        },
        netuid,
        name: Some("made up".into()),
        symbol: Some("ε".into()),
        tempo: Some(TEMPO),
        epoch: None,
        last_step: Some(block - 123),
        blocks_since_last_step: Some(123),
        max_uids: Some(256),
        max_validators: Some(64),
        immunity_period: Some(7200),
        registration: Registration {
            allowed: Some(true),
            cost_rao: Some(Tao::from_rao(RAO / 2)),
        },
        pool: Pool {
            tao_in_rao: Some(Tao::from_rao(40_000 * RAO)),
            alpha_in_rao: Some(Alpha::from_rao(2_000_000 * RAO)),
            alpha_out_rao: Some(Alpha::from_rao(1_000_000 * RAO)),
            alpha_out_emission_rao: Some(Alpha::from_rao(RAO)),
            price: Some(Price {
                tao_per_alpha: PRICE,
                source: PriceSource::Swap,
            }),
        },
        owner_hotkey: Some(account(1001, 0x30)),
        owner_coldkey: Some(owner),
        neurons: neurons.collect(),
        unknown: Vec::new(),
    }
}

fn axon(uid: u16) -> Option<Axon> {
    let ip = match uid {
        // Validators serve nothing, and one miner neither.
        uid if uid < VALIDATORS || uid == 30 => return None,
        // Three neighbours by address.
        31..=33 => IpAddr::V4(Ipv4Addr::new(203, 0, 113, 99)),
        34 => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 34)),
        uid => IpAddr::V4(Ipv4Addr::from(0xcb00_7200 + u32::from(uid))),
    };
    Some(Axon {
        ip,
        port: 8091,
        version: 10_001_000,
        block: 6_900_000,
    })
}
