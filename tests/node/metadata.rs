//! Metadata of a runtime, generated from the types beside this file.

use std::collections::BTreeMap;

use frame_metadata::RuntimeMetadataPrefixed;
use frame_metadata::v15::{
    CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletMetadata, PalletStorageMetadata,
    RuntimeApiMetadata, RuntimeApiMethodMetadata, RuntimeApiMethodParamMetadata,
    RuntimeMetadataV15, StorageEntryMetadata, StorageEntryModifier, StorageEntryType,
    StorageHasher,
};
use frame_metadata::v16;
use scale_info::{MetaType, meta_type};
use subxt::ext::codec::{Compact, Encode as _};

use super::types::{
    AccountId32, AxonInfo, NamelessMetagraph, PlainMetagraph, ShrunkMetagraph, WrappedMetagraph,
};

/// A runtime of the chain's history, or of its future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// Spec 293, July 2025: plain numbers, rank and trust alive. Metadata V15.
    Plain,
    /// Spec 459: wrapped numbers, rank and trust empty, epochs counted from the last. Metadata V16.
    Wrapped,
    /// One to come, which dropped most columns and changed a type.
    Shrunk,
    /// One to come, whose hotkeys cannot be read.
    Nameless,
    /// One before the runtime told metagraphs: storage alone.
    Ancient,
    /// Another chain's.
    Foreign,
}

impl Runtime {
    /// Its version.
    pub(crate) const fn spec_version(self) -> u32 {
        match self {
            Self::Plain => 293,
            Self::Wrapped => 459,
            Self::Shrunk => 999,
            Self::Nameless => 1000,
            Self::Ancient => 190,
            Self::Foreign => 9430,
        }
    }

    /// Version of its metadata.
    pub(crate) const fn metadata_version(self) -> u32 {
        match self {
            Self::Wrapped | Self::Shrunk => 16,
            _ => 15,
        }
    }

    /// Whether it still computes rank and trust.
    pub(crate) const fn has_trust(self) -> bool {
        matches!(self, Self::Plain)
    }

    /// Its metadata as nodes give it.
    pub(crate) fn metadata(self) -> Vec<u8> {
        let metadata: RuntimeMetadataPrefixed = match self.metadata_version() {
            15 => self.v15().into(),
            _ => self.v16().into(),
        };
        metadata.encode()
    }

    fn v15(self) -> RuntimeMetadataV15 {
        let pallets = self
            .pallets()
            .into_iter()
            .enumerate()
            .map(|(index, (name, entries))| PalletMetadata {
                name,
                storage: (!entries.is_empty()).then_some(PalletStorageMetadata {
                    prefix: name,
                    entries,
                }),
                calls: None,
                event: None,
                constants: vec![],
                error: None,
                index: u8::try_from(index).unwrap_or(0),
                docs: vec![],
            })
            .collect();
        let method = |m: &Method| RuntimeApiMethodMetadata {
            name: m.name,
            inputs: vec![RuntimeApiMethodParamMetadata {
                name: "netuid",
                ty: meta_type::<u16>(),
            }],
            output: m.output,
            docs: vec![],
        };
        let apis = self.apis();
        let apis = apis.iter().map(|(name, methods)| RuntimeApiMetadata {
            name: *name,
            methods: methods.iter().map(method).collect(),
            docs: vec![],
        });
        let unit = meta_type::<()>();
        RuntimeMetadataV15::new(
            pallets,
            ExtrinsicMetadata {
                version: 4,
                address_ty: unit,
                call_ty: unit,
                signature_ty: unit,
                extra_ty: unit,
                signed_extensions: vec![],
            },
            unit,
            apis.collect(),
            OuterEnums {
                call_enum_ty: unit,
                event_enum_ty: unit,
                error_enum_ty: unit,
            },
            CustomMetadata {
                map: BTreeMap::new(),
            },
        )
    }

    fn v16(self) -> v16::RuntimeMetadataV16 {
        let fine = || v16::ItemDeprecationInfo::NotDeprecated;
        let entry = |e: StorageEntryMetadata| v16::StorageEntryMetadata {
            name: e.name,
            modifier: e.modifier,
            ty: e.ty,
            default: e.default,
            docs: vec![],
            deprecation_info: fine(),
        };
        let pallets = self
            .pallets()
            .into_iter()
            .enumerate()
            .map(|(index, (name, entries))| v16::PalletMetadata {
                name,
                storage: (!entries.is_empty()).then(|| v16::PalletStorageMetadata {
                    prefix: name,
                    entries: entries.into_iter().map(entry).collect(),
                }),
                calls: None,
                event: None,
                constants: vec![],
                error: None,
                associated_types: vec![],
                view_functions: vec![],
                index: u8::try_from(index).unwrap_or(0),
                docs: vec![],
                deprecation_info: fine(),
            })
            .collect();
        let method = |m: &Method| v16::RuntimeApiMethodMetadata {
            name: m.name,
            inputs: vec![v16::FunctionParamMetadata {
                name: "netuid",
                ty: meta_type::<super::types::NetUid>(),
            }],
            output: m.output,
            docs: vec![],
            deprecation_info: fine(),
        };
        let apis = self.apis();
        let apis = apis.iter().map(|(name, methods)| v16::RuntimeApiMetadata {
            name: *name,
            methods: methods.iter().map(method).collect(),
            docs: vec![],
            version: Compact(1),
            deprecation_info: fine(),
        });
        let unit = meta_type::<()>();
        v16::RuntimeMetadataV16::new(
            pallets,
            v16::ExtrinsicMetadata {
                versions: vec![4],
                address_ty: unit,
                call_ty: unit,
                signature_ty: unit,
                transaction_extensions_by_version: BTreeMap::from([(0, vec![])]),
                transaction_extensions: vec![],
            },
            apis.collect(),
            OuterEnums {
                call_enum_ty: unit,
                event_enum_ty: unit,
                error_enum_ty: unit,
            },
            CustomMetadata {
                map: BTreeMap::new(),
            },
        )
    }

    fn apis(self) -> Vec<(&'static str, Vec<Method>)> {
        let call = |name, output| Method { name, output };
        let price = (
            "SwapRuntimeApi",
            vec![call("current_alpha_price", meta_type::<u64>())],
        );
        match self {
            Self::Plain => vec![
                (
                    "SubnetInfoRuntimeApi",
                    vec![call("get_metagraph", meta_type::<Option<PlainMetagraph>>())],
                ),
                price,
            ],
            Self::Wrapped => vec![
                (
                    "SubnetInfoRuntimeApi",
                    vec![
                        call("get_metagraph", meta_type::<Option<WrappedMetagraph>>()),
                        call("get_next_epoch_start_block", meta_type::<Option<u64>>()),
                    ],
                ),
                price,
            ],
            Self::Shrunk => vec![(
                "SubnetInfoRuntimeApi",
                vec![call(
                    "get_metagraph",
                    meta_type::<Option<ShrunkMetagraph>>(),
                )],
            )],
            Self::Nameless => vec![(
                "SubnetInfoRuntimeApi",
                vec![call(
                    "get_metagraph",
                    meta_type::<Option<NamelessMetagraph>>(),
                )],
            )],
            Self::Ancient | Self::Foreign => vec![],
        }
    }

    fn pallets(self) -> Vec<(&'static str, Vec<StorageEntryMetadata>)> {
        let system = ("System", vec![]);
        if self == Self::Foreign {
            return vec![system, ("Balances", vec![])];
        }
        let mut entries = vec![of_netuid::<Vec<u16>>("ValidatorTrust", 1)];
        if self == Self::Ancient {
            entries.extend([
                of_netuid::<u16>("SubnetworkN", 2),
                of_netuid::<u16>("Tempo", 2),
                of_netuid::<u16>("MaxAllowedUids", 2),
                of_netuid::<u16>("MaxAllowedValidators", 2),
                of_netuid::<u16>("ImmunityPeriod", 2),
                of_netuid::<bool>("NetworkRegistrationAllowed", 1),
                of_netuid::<u64>("Burn", 8),
                of_netuid::<u64>("LastMechansimStepBlock", 8),
                of_netuid::<AccountId32>("SubnetOwner", 32),
                of_netuid::<AccountId32>("SubnetOwnerHotkey", 32),
                of_netuid::<Vec<bool>>("Active", 1),
                of_netuid::<Vec<bool>>("ValidatorPermit", 1),
                of_netuid::<Vec<u64>>("LastUpdate", 1),
                of_netuid::<Vec<u64>>("Emission", 1),
                of_netuid::<Vec<u16>>("Incentive", 1),
                of_netuid::<Vec<u16>>("Dividends", 1),
                of_netuid::<Vec<u16>>("Consensus", 1),
                entry::<(u16, u16), AccountId32>("Keys", &[PLAIN, PLAIN], Some(32)),
                entry::<(u16, u16), u64>("BlockAtRegistration", &[PLAIN, PLAIN], Some(8)),
                entry::<(u16, AccountId32), AxonInfo>("Axons", &[PLAIN, BLAKE], None),
                entry::<AccountId32, AccountId32>("Owner", &[BLAKE], Some(32)),
                entry::<(AccountId32, u16), u64>("TotalHotkeyAlpha", &[BLAKE, PLAIN], Some(8)),
            ]);
        }
        vec![system, ("SubtensorModule", entries)]
    }
}

struct Method {
    name: &'static str,
    output: MetaType,
}

const PLAIN: StorageHasher = StorageHasher::Identity;
const BLAKE: StorageHasher = StorageHasher::Blake2_128Concat;

/// A value of a subnet. Where there is none the chain answers its default, which is zeros.
fn of_netuid<V: scale_info::TypeInfo + 'static>(
    name: &'static str,
    zeros: usize,
) -> StorageEntryMetadata {
    entry::<u16, V>(name, &[PLAIN], Some(zeros))
}

fn entry<K: scale_info::TypeInfo + 'static, V: scale_info::TypeInfo + 'static>(
    name: &'static str,
    hashers: &[StorageHasher],
    zeros: Option<usize>,
) -> StorageEntryMetadata {
    StorageEntryMetadata {
        name,
        modifier: match zeros {
            Some(_) => StorageEntryModifier::Default,
            None => StorageEntryModifier::Optional,
        },
        ty: StorageEntryType::Map {
            hashers: hashers.to_vec(),
            key: meta_type::<K>(),
            value: meta_type::<V>(),
        },
        default: vec![0; zeros.unwrap_or(0)],
        docs: vec![],
    }
}
