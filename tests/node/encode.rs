//! A metagraph as bytes, by whatever types some metadata names: fields that are known are filled in,
//! the others are zero. Works for generated metadata and for the chain's real one alike.

use std::collections::HashMap;
use std::net::IpAddr;

use scale_info::{PortableRegistry, TypeDef, TypeDefPrimitive};
use subxt::Metadata;
use subxt::ext::scale_encode::EncodeAsType as _;
use subxt::ext::scale_value::{Composite, Value};
use vidaio::subnet::{Alpha, Axon, Metagraph, Neuron, Tao};

/// What `get_metagraph`, or the selective call with every field selected, answers for a subnet; `None` for
/// one that is not there.
pub(crate) fn answer(
    metadata: &Metadata,
    method: &str,
    subnet: Option<&Metagraph>,
    with_trust: bool,
) -> Vec<u8> {
    let Some(subnet) = subnet else { return vec![0] };
    let api = metadata
        .runtime_api_trait_by_name("SubnetInfoRuntimeApi")
        .unwrap();
    let output = api.method_by_name(method).unwrap().output_ty();
    let known = fields(subnet, with_trust);
    let types = metadata.types();
    let TypeDef::Variant(option) = &types.resolve(output).unwrap().type_def else {
        panic!("{method} answers no option");
    };
    let some = option.variants.iter().find(|v| v.name == "Some").unwrap();
    let inner = some.fields[0].ty.id;
    let value = filled(types, inner, &known);
    let mut bytes = vec![1];
    value.encode_as_type_to(inner, types, &mut bytes).unwrap();
    bytes
}

/// A record with what is known, and zeros.
fn filled(types: &PortableRegistry, id: u32, known: &HashMap<&str, Value>) -> Value {
    let TypeDef::Composite(record) = &types.resolve(id).unwrap().type_def else {
        panic!("a metagraph is no record");
    };
    let fields = record.fields.iter().map(|field| {
        let name = field.name.clone().unwrap();
        // A runtime that made text of a column has text of its own in it.
        let became_text = matches!(
            types.resolve(field.ty.id).unwrap().type_def,
            TypeDef::Primitive(TypeDefPrimitive::Str)
        );
        let value = known.get(name.as_str()).filter(|_| !became_text);
        // Of a selective answer every field is an option, and what was not selected is none.
        let optional =
            types.resolve(field.ty.id).unwrap().path.ident().as_deref() == Some("Option");
        let value = match value.cloned() {
            Some(value) if optional => Value::unnamed_variant("Some", [value]),
            Some(value) => value,
            None => zero(types, field.ty.id),
        };
        (name, value)
    });
    Value::named_composite(fields.collect::<Vec<_>>())
}

/// The plainest value of a type.
fn zero(types: &PortableRegistry, id: u32) -> Value {
    match &types.resolve(id).unwrap().type_def {
        TypeDef::Composite(record) => Value::unnamed_composite(
            record
                .fields
                .iter()
                .map(|f| zero(types, f.ty.id))
                .collect::<Vec<_>>(),
        ),
        TypeDef::Variant(options) => {
            let least = options
                .variants
                .iter()
                .min_by_key(|v| (v.fields.len(), v.index));
            let least = least.unwrap();
            let fields = least.fields.iter().map(|f| zero(types, f.ty.id));
            Value::variant(least.name.clone(), Composite::Unnamed(fields.collect()))
        }
        TypeDef::Sequence(_) => list([]),
        TypeDef::Array(array) => list((0..array.len).map(|_| zero(types, array.type_param.id))),
        TypeDef::Tuple(tuple) => list(tuple.fields.iter().map(|f| zero(types, f.id))),
        TypeDef::Compact(compact) => zero(types, compact.type_param.id),
        TypeDef::Primitive(TypeDefPrimitive::Bool) => Value::bool(false),
        TypeDef::Primitive(TypeDefPrimitive::Str) => Value::string("of another type"),
        TypeDef::Primitive(_) => number(0),
        TypeDef::BitSequence(_) => panic!("no field of a metagraph is a bit sequence"),
    }
}

fn number(value: u128) -> Value {
    Value::u128(value)
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::unnamed_composite(values.into_iter().collect::<Vec<_>>())
}

fn text(text: &str) -> Value {
    list(text.bytes().map(|byte| number(byte.into())))
}

fn account(address: vidaio::address::Address) -> Value {
    Value::from_bytes(address.public_key())
}

/// As the chain stores it; nothing served is all zeros.
pub(crate) fn axon_numbers(axon: Option<Axon>) -> (u64, u32, u128, u16, u8) {
    match axon {
        None => (0, 0, 0, 0, 0),
        Some(axon) => {
            let (ip, kind) = match axon.ip {
                IpAddr::V4(ip) => (u32::from(ip).into(), 4),
                IpAddr::V6(ip) => (u128::from(ip), 6),
            };
            (axon.block, axon.version, ip, axon.port, kind)
        }
    }
}

fn axon(axon: Option<Axon>) -> Value {
    let (block, version, ip, port, kind) = axon_numbers(axon);
    Value::named_composite([
        ("block", number(block.into())),
        ("version", number(version.into())),
        ("ip", number(ip)),
        ("port", number(port.into())),
        ("ip_type", number(kind.into())),
        ("protocol", number(4)),
        ("placeholder1", number(0)),
        ("placeholder2", number(0)),
    ])
}

fn fields(subnet: &Metagraph, with_trust: bool) -> HashMap<&'static str, Value> {
    let column = |of: &dyn Fn(&Neuron) -> Value| list(subnet.neurons.iter().map(of));
    let alpha = |a: Option<Alpha>| number(a.map_or(0, Alpha::rao).into());
    let tao = |t: Option<Tao>| number(t.map_or(0, Tao::rao).into());
    let moving = subnet.pool.price.map_or(0.0, |p| p.tao_per_alpha);
    let mut known = HashMap::from([
        ("netuid", number(subnet.netuid.into())),
        ("name", text(subnet.name.as_deref().unwrap_or_default())),
        ("symbol", text(subnet.symbol.as_deref().unwrap_or_default())),
        ("block", number(subnet.read.block.into())),
        ("tempo", number(subnet.tempo.unwrap().into())),
        ("last_step", number(subnet.last_step.unwrap().into())),
        (
            "blocks_since_last_step",
            number(subnet.blocks_since_last_step.unwrap().into()),
        ),
        ("max_uids", number(subnet.max_uids.unwrap().into())),
        (
            "max_validators",
            number(subnet.max_validators.unwrap().into()),
        ),
        (
            "immunity_period",
            number(subnet.immunity_period.unwrap().into()),
        ),
        ("num_uids", number(subnet.neurons.len() as u128)),
        (
            "registration_allowed",
            Value::bool(subnet.registration.allowed.unwrap()),
        ),
        ("burn", tao(subnet.registration.cost_rao)),
        ("tao_in", tao(subnet.pool.tao_in_rao)),
        ("alpha_in", alpha(subnet.pool.alpha_in_rao)),
        ("alpha_out", alpha(subnet.pool.alpha_out_rao)),
        (
            "alpha_out_emission",
            alpha(subnet.pool.alpha_out_emission_rao),
        ),
        (
            "moving_price",
            Value::named_composite([("bits", number((moving * 2_f64.powi(32)) as u128))]),
        ),
        ("owner_hotkey", account(subnet.owner_hotkey.unwrap())),
        ("owner_coldkey", account(subnet.owner_coldkey.unwrap())),
        ("hotkeys", column(&|n| account(n.hotkey))),
        ("coldkeys", column(&|n| account(n.coldkey.unwrap()))),
        (
            "identities",
            column(&|_| Value::unnamed_variant("None", [])),
        ),
        ("axons", column(&|n| axon(n.axon))),
        ("active", column(&|n| Value::bool(n.active.unwrap()))),
        (
            "validator_permit",
            column(&|n| Value::bool(n.validator_permit.unwrap())),
        ),
        (
            "last_update",
            column(&|n| number(n.last_update.unwrap().into())),
        ),
        (
            "block_at_registration",
            column(&|n| number(n.registered_at.unwrap().into())),
        ),
        ("emission", column(&|n| alpha(n.emission_rao))),
        (
            "incentives",
            column(&|n| number(n.incentive.unwrap().0.into())),
        ),
        (
            "dividends",
            column(&|n| number(n.dividends.unwrap().0.into())),
        ),
        (
            "consensus",
            column(&|n| number(n.consensus.unwrap().0.into())),
        ),
        ("alpha_stake", column(&|n| alpha(n.alpha_stake_rao))),
        ("tao_stake", column(&|n| tao(n.tao_stake_rao))),
        ("total_stake", column(&|n| alpha(n.total_stake_rao))),
    ]);
    if with_trust {
        let trust = |n: &Neuron| number(n.trust.unwrap_or_default().0.into());
        known.insert("trust", column(&trust));
        known.insert("rank", column(&|n| number(n.incentive.unwrap().0.into())));
        known.insert("pruning_score", column(&|_| number(7)));
    }
    known
}
