//! Types of the two generations of the runtime, as `subtensor` declares them: plain numbers up to
//! spring 2026, numbers in wrappers since. Only their descriptions are used, never a value.
#![allow(dead_code, reason = "only the descriptions of these types are used")]

use scale_info::TypeInfo;
use subxt::ext::codec::Compact;

#[derive(TypeInfo)]
pub(crate) struct AccountId32(pub [u8; 32]);

#[derive(TypeInfo)]
pub(crate) struct AxonInfo {
    pub block: u64,
    pub version: u32,
    pub ip: u128,
    pub port: u16,
    pub ip_type: u8,
    pub protocol: u8,
    pub placeholder1: u8,
    pub placeholder2: u8,
}

#[derive(TypeInfo)]
pub(crate) struct ChainIdentity {
    pub name: Vec<u8>,
    pub url: Vec<u8>,
}

/// `I96F32` of `substrate-fixed`.
#[derive(TypeInfo)]
pub(crate) struct FixedI128 {
    pub bits: i128,
}

macro_rules! wrapper {
    ($($name:ident($inner:ty)),*) => {$(
        #[derive(TypeInfo)]
        pub(crate) struct $name(pub $inner);
    )*};
}

wrapper!(NetUid(u16), TaoBalance(u64), AlphaBalance(u64), PerU16(u16));

macro_rules! metagraph {
    ($name:ident, $netuid:ty, $tao:ty, $alpha:ty, $part:ty, { $($extra:ident: $type:ty,)* }) => {
        #[derive(TypeInfo)]
        pub(crate) struct $name {
            pub netuid: Compact<$netuid>,
            pub name: Vec<Compact<u8>>,
            pub symbol: Vec<Compact<u8>>,
            pub identity: Option<ChainIdentity>,
            pub network_registered_at: Compact<u64>,
            pub owner_hotkey: AccountId32,
            pub owner_coldkey: AccountId32,
            pub block: Compact<u64>,
            pub tempo: Compact<u16>,
            pub last_step: Compact<u64>,
            pub blocks_since_last_step: Compact<u64>,
            pub alpha_in: Compact<$alpha>,
            pub alpha_out: Compact<$alpha>,
            pub tao_in: Compact<$tao>,
            pub alpha_out_emission: Compact<$alpha>,
            pub alpha_in_emission: Compact<$alpha>,
            pub tao_in_emission: Compact<$tao>,
            pub pending_alpha_emission: Compact<$alpha>,
            pub moving_price: FixedI128,
            pub registration_allowed: bool,
            pub immunity_period: Compact<u16>,
            pub burn: Compact<$tao>,
            pub num_uids: Compact<u16>,
            pub max_uids: Compact<u16>,
            pub max_validators: Compact<u16>,
            pub serving_rate_limit: Compact<u64>,
            pub hotkeys: Vec<AccountId32>,
            pub coldkeys: Vec<AccountId32>,
            pub identities: Vec<Option<ChainIdentity>>,
            pub axons: Vec<AxonInfo>,
            pub active: Vec<bool>,
            pub validator_permit: Vec<bool>,
            pub pruning_score: Vec<Compact<$part>>,
            pub last_update: Vec<Compact<u64>>,
            pub emission: Vec<Compact<$alpha>>,
            pub dividends: Vec<Compact<$part>>,
            pub incentives: Vec<Compact<$part>>,
            pub consensus: Vec<Compact<$part>>,
            pub trust: Vec<Compact<$part>>,
            pub rank: Vec<Compact<$part>>,
            pub block_at_registration: Vec<Compact<u64>>,
            pub alpha_stake: Vec<Compact<$alpha>>,
            pub tao_stake: Vec<Compact<$tao>>,
            pub total_stake: Vec<Compact<$alpha>>,
            $(pub $extra: $type,)*
        }
    };
}

metagraph!(PlainMetagraph, u16, u64, u64, u16, {});
metagraph!(WrappedMetagraph, NetUid, TaoBalance, AlphaBalance, PerU16, {
    collateral_required: Compact<TaoBalance>,
    collateral_locked: Vec<Compact<TaoBalance>>,
    collateral_open: bool,
});

/// One whose hotkeys became another type.
#[derive(TypeInfo)]
pub(crate) struct NamelessMetagraph {
    pub tempo: Compact<u16>,
    pub hotkeys: String,
}

/// The same without the column of emission: what a later runtime may do.
#[derive(TypeInfo)]
pub(crate) struct ShrunkMetagraph {
    pub tempo: Compact<u16>,
    pub hotkeys: Vec<AccountId32>,
    pub coldkeys: Vec<AccountId32>,
    pub incentives: Vec<Compact<PerU16>>,
    /// Another type than before.
    pub last_update: String,
}
