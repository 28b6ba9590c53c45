//! Metadata of one runtime in the versions before, as nodes give it to older clients. The Python SDK asks
//! for 14 and 15.

use frame_metadata::v14;
use frame_metadata::v15::{self, RuntimeMetadataV15};
use frame_metadata::v16::RuntimeMetadataV16;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use subxt::ext::codec::{Decode as _, Encode as _};

/// Metadata as version 15; as it is where it is no newer.
pub(crate) fn fifteen(bytes: &[u8]) -> Vec<u8> {
    match RuntimeMetadataPrefixed::decode(&mut &bytes[..]).unwrap().1 {
        RuntimeMetadata::V16(newest) => RuntimeMetadataPrefixed::from(from_16(newest)).encode(),
        _ => bytes.to_vec(),
    }
}

/// Metadata as version 14.
pub(crate) fn fourteen(bytes: &[u8]) -> Vec<u8> {
    let older = match RuntimeMetadataPrefixed::decode(&mut &bytes[..]).unwrap().1 {
        RuntimeMetadata::V16(newest) => from_16(newest),
        RuntimeMetadata::V15(newest) => newest,
        _ => return bytes.to_vec(),
    };
    RuntimeMetadataPrefixed::from(from_15(older)).encode()
}

fn from_16(m: RuntimeMetadataV16) -> RuntimeMetadataV15 {
    let entry = |e: frame_metadata::v16::StorageEntryMetadata<_>| v14::StorageEntryMetadata {
        name: e.name,
        modifier: e.modifier,
        ty: e.ty,
        default: e.default,
        docs: e.docs,
    };
    let pallets = m.pallets.into_iter().map(|p| v15::PalletMetadata {
        name: p.name,
        storage: p.storage.map(|s| v14::PalletStorageMetadata {
            prefix: s.prefix,
            entries: s.entries.into_iter().map(entry).collect(),
        }),
        calls: p.calls.map(|c| v14::PalletCallMetadata { ty: c.ty }),
        event: p.event.map(|e| v14::PalletEventMetadata { ty: e.ty }),
        constants: (p.constants.into_iter())
            .map(|c| v14::PalletConstantMetadata {
                name: c.name,
                ty: c.ty,
                value: c.value,
                docs: c.docs,
            })
            .collect(),
        error: p.error.map(|e| v14::PalletErrorMetadata { ty: e.ty }),
        index: p.index,
        docs: p.docs,
    });
    let apis = m.apis.into_iter().map(|api| v15::RuntimeApiMetadata {
        name: api.name,
        methods: (api.methods.into_iter())
            .map(|method| v15::RuntimeApiMethodMetadata {
                name: method.name,
                inputs: (method.inputs.into_iter())
                    .map(|i| v15::RuntimeApiMethodParamMetadata {
                        name: i.name,
                        ty: i.ty,
                    })
                    .collect(),
                output: method.output,
                docs: method.docs,
            })
            .collect(),
        docs: api.docs,
    });
    let signed = m.extrinsic.transaction_extensions.into_iter();
    RuntimeMetadataV15 {
        types: m.types,
        pallets: pallets.collect(),
        extrinsic: v15::ExtrinsicMetadata {
            version: 4,
            address_ty: m.extrinsic.address_ty,
            call_ty: m.extrinsic.call_ty,
            signature_ty: m.extrinsic.signature_ty,
            extra_ty: m.extrinsic.call_ty,
            signed_extensions: signed
                .map(|e| v15::SignedExtensionMetadata {
                    identifier: e.identifier,
                    ty: e.ty,
                    additional_signed: e.implicit,
                })
                .collect(),
        },
        ty: m.outer_enums.call_enum_ty,
        apis: apis.collect(),
        outer_enums: m.outer_enums,
        custom: m.custom,
    }
}

fn from_15(m: RuntimeMetadataV15) -> v14::RuntimeMetadataV14 {
    let pallets = m.pallets.into_iter().map(|p| v14::PalletMetadata {
        name: p.name,
        storage: p.storage,
        calls: p.calls,
        event: p.event,
        constants: p.constants,
        error: p.error,
        index: p.index,
    });
    let signed = m.extrinsic.signed_extensions.into_iter();
    v14::RuntimeMetadataV14 {
        types: m.types,
        pallets: pallets.collect(),
        extrinsic: v14::ExtrinsicMetadata {
            ty: m.extrinsic.call_ty,
            version: 4,
            signed_extensions: signed
                .map(|e| v14::SignedExtensionMetadata {
                    identifier: e.identifier,
                    ty: e.ty,
                    additional_signed: e.additional_signed,
                })
                .collect(),
        },
        ty: m.ty,
    }
}
