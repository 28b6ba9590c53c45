//! What the node knows: blocks, the subnet at each, and its runtime.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use subxt::Metadata;
use subxt::ext::codec::{Compact, Encode};
use vidaio::subnet::{Metagraph, Neuron, RAO};

use super::encode::{answer, axon_numbers};
use super::generate::PRICE;
use super::metadata::Runtime;
use super::older::{fifteen, fourteen};

/// Mainnet's first block.
pub(crate) const FINNEY: &str =
    "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03";

/// Everything that is asked for.
pub(crate) struct State {
    genesis: String,
    spec_version: u32,
    metadata_version: u32,
    metadata_bytes: Vec<u8>,
    metadata: Metadata,
    with_trust: bool,
    /// Price that the runtime tells, in rao of TAO; 0 where it has none.
    pub(crate) price: u64,
    /// Subnets by block; a block without one of its own has that of the last before it.
    blocks: BTreeMap<u64, Vec<Metagraph>>,
    head: u64,
    /// State older than this is forgotten.
    pub(crate) pruned_before: u64,
}

impl State {
    /// A chain of a generated runtime with one subnet.
    pub(crate) fn new(runtime: Runtime, subnet: Metagraph) -> Self {
        let state = Self::of_metadata(runtime.metadata(), runtime.spec_version(), subnet);
        Self {
            with_trust: runtime.has_trust(),
            metadata_version: runtime.metadata_version(),
            ..state
        }
    }

    /// A chain of given metadata.
    pub(crate) fn of_metadata(bytes: Vec<u8>, spec_version: u32, subnet: Metagraph) -> Self {
        let head = subnet.read.block;
        Self {
            genesis: FINNEY.into(),
            spec_version,
            metadata_version: u32::from(bytes[4]),
            metadata: Metadata::decode_from(&bytes).unwrap(),
            metadata_bytes: bytes,
            with_trust: false,
            price: (PRICE * RAO as f64) as u64,
            blocks: BTreeMap::from([(head, vec![subnet])]),
            head,
            pruned_before: 0,
        }
    }

    /// Of another chain.
    pub(crate) fn of_genesis(self, genesis: &str) -> Self {
        Self {
            genesis: genesis.into(),
            ..self
        }
    }

    /// A new block.
    pub(crate) fn grow(&mut self, subnet: Metagraph) {
        self.head = subnet.read.block;
        self.blocks.insert(self.head, vec![subnet]);
    }

    fn hash(&self, block: u64) -> String {
        if block == 0 {
            return self.genesis.clone();
        }
        format!("0x{block:064x}")
    }

    fn block(&self, hash: &Value) -> u64 {
        let text = hash.as_str().unwrap_or_default();
        if text == self.genesis {
            return 0;
        }
        u64::from_str_radix(text.trim_start_matches("0x").trim_start_matches('0'), 16).unwrap_or(0)
    }

    fn subnet(&self, block: u64, netuid: u16) -> Option<&Metagraph> {
        let (_, subnets) = self.blocks.range(..=block).next_back()?;
        subnets.iter().find(|s| s.netuid == netuid)
    }

    /// Result of a call, or a refusal.
    pub(crate) fn call(&self, method: &str, params: &Value) -> Result<Value, (i32, String)> {
        let at = |index: usize| -> Result<u64, (i32, String)> {
            let block = match params.get(index).filter(|hash| !hash.is_null()) {
                Some(hash) => self.block(hash),
                None => self.head,
            };
            if block < self.pruned_before {
                let words =
                    format!("Client error: UnknownBlock: State already discarded for {block:#x}");
                return Err((4003, words));
            }
            Ok(block)
        };
        Ok(match method {
            "chain_getBlockHash" => match &params[0] {
                Value::Number(n) if n.as_u64() > Some(self.head) => Value::Null,
                Value::Number(n) => self.hash(n.as_u64().unwrap()).into(),
                Value::String(hex) => {
                    let block = u64::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap();
                    self.hash(block).into()
                }
                _ => self.hash(self.head).into(),
            },
            "chain_getFinalizedHead" | "chain_getHead" => self.hash(self.head).into(),
            "chain_getHeader" => {
                let block = match params.get(0).filter(|hash| !hash.is_null()) {
                    Some(hash) => self.block(hash),
                    None => self.head,
                };
                json!({
                    "parentHash": self.hash(block - 1), "number": format!("0x{block:x}"),
                    "stateRoot": self.hash(1), "extrinsicsRoot": self.hash(1),
                    "digest": {"logs": []}
                })
            }
            "state_call" => {
                let arguments = hex::decode(params[1].as_str().unwrap().trim_start_matches("0x"));
                let function = params[0].as_str().unwrap();
                let bytes = self.runtime_call(function, &arguments.unwrap(), at(2)?)?;
                format!("0x{}", hex::encode(bytes)).into()
            }
            "state_getStorage" => {
                let values = self.storage(at(1)?);
                match values.get(params[0].as_str().unwrap()) {
                    Some(value) => value.clone().into(),
                    None => Value::Null,
                }
            }
            "state_getKeysPaged" => {
                let values = self.storage(at(3)?);
                let (prefix, count) = (params[0].as_str().unwrap(), params[1].as_u64().unwrap());
                let after = params[2].as_str().unwrap_or_default();
                let keys = values
                    .keys()
                    .filter(|k| k.starts_with(prefix) && k.as_str() > after);
                keys.take(count as usize)
                    .cloned()
                    .collect::<Vec<_>>()
                    .into()
            }
            "state_queryStorageAt" => {
                let block = at(1)?;
                let values = self.storage(block);
                let keys = params[0].as_array().unwrap().iter();
                let changes: Vec<Value> = keys
                    .map(|key| json!([key, values.get(key.as_str().unwrap())]))
                    .collect();
                json!([{"block": self.hash(block), "changes": changes}])
            }
            "state_getRuntimeVersion" => json!({
                "specName": "node-subtensor", "implName": "node-subtensor", "authoringVersion": 1,
                "specVersion": self.spec_version, "implVersion": 1, "apis": [],
                "transactionVersion": 1, "stateVersion": 1
            }),
            "state_getMetadata" => {
                format!("0x{}", hex::encode(fourteen(&self.metadata_bytes))).into()
            }
            "system_chain" => "Bittensor".into(),
            "system_properties" => {
                json!({"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TAO"})
            }
            other => return Err((-32601, format!("{other} is not answered here"))),
        })
    }

    fn runtime_call(
        &self,
        function: &str,
        arguments: &[u8],
        block: u64,
    ) -> Result<Vec<u8>, (i32, String)> {
        let netuid = || u16::from_le_bytes([arguments[0], arguments[1]]);
        Ok(match function {
            "Core_version" => {
                let apis = Vec::<([u8; 8], u32)>::new();
                (
                    "node-subtensor",
                    "node-subtensor",
                    1_u32,
                    self.spec_version,
                    1_u32,
                    apis,
                    1_u32,
                    1_u8,
                )
                    .encode()
            }
            "Metadata_metadata" => {
                let metadata = fourteen(&self.metadata_bytes);
                let mut bytes = Vec::new();
                Compact(metadata.len() as u32).encode_to(&mut bytes);
                bytes.extend(metadata);
                bytes
            }
            "Metadata_metadata_versions" => vec![14, 15, self.metadata_version, u32::MAX].encode(),
            "Metadata_metadata_at_version" => {
                let metadata = match u32::from(arguments[0]) {
                    14 => fourteen(&self.metadata_bytes),
                    asked if asked == self.metadata_version => self.metadata_bytes.clone(),
                    15 => fifteen(&self.metadata_bytes),
                    _ => return Ok(vec![0]),
                };
                let mut bytes = vec![1];
                Compact(metadata.len() as u32).encode_to(&mut bytes);
                bytes.extend(metadata);
                bytes
            }
            "SubnetInfoRuntimeApi_get_metagraph" => {
                let subnet = self.subnet(block, netuid());
                answer(&self.metadata, "get_metagraph", subnet, self.with_trust)
            }
            "SubnetInfoRuntimeApi_get_selective_mechagraph" => {
                let (subnet, method) = (self.subnet(block, netuid()), "get_selective_mechagraph");
                answer(&self.metadata, method, subnet, self.with_trust)
            }
            "SwapRuntimeApi_current_alpha_price" if self.price > 0 => self.price.encode(),
            other => return Err((4003, format!("Execution failed: {other} is not found"))),
        })
    }

    /// The maps of storage, as keys and values in hexadecimal.
    fn storage(&self, block: u64) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        let Some((_, subnets)) = self.blocks.range(..=block).next_back() else {
            return values;
        };
        for subnet in subnets {
            store(subnet, &mut |entry, key, value| {
                let mut whole = sp_crypto_hashing::twox_128(b"SubtensorModule").to_vec();
                whole.extend(sp_crypto_hashing::twox_128(entry.as_bytes()));
                whole.extend(key);
                values.insert(
                    format!("0x{}", hex::encode(whole)),
                    format!("0x{}", hex::encode(value)),
                );
            });
        }
        values
    }
}

fn concat(key: &[u8]) -> Vec<u8> {
    [sp_crypto_hashing::blake2_128(key).as_slice(), key].concat()
}

/// Takes a map's name, the rest of a key, and the value.
type Put<'a> = dyn FnMut(&str, Vec<u8>, Vec<u8>) + 'a;

fn store(subnet: &Metagraph, put: &mut Put<'_>) {
    let own = subnet.netuid.encode();
    let neurons = &subnet.neurons;
    fn column<T: Encode>(neurons: &[Neuron], of: impl Fn(&Neuron) -> T) -> Vec<u8> {
        neurons.iter().map(of).collect::<Vec<T>>().encode()
    }
    let mut one = |entry: &str, value: Vec<u8>| put(entry, own.clone(), value);
    one("SubnetworkN", (neurons.len() as u16).encode());
    one("Tempo", subnet.tempo.unwrap().encode());
    one("MaxAllowedUids", subnet.max_uids.unwrap().encode());
    one(
        "MaxAllowedValidators",
        subnet.max_validators.unwrap().encode(),
    );
    one("ImmunityPeriod", subnet.immunity_period.unwrap().encode());
    one(
        "NetworkRegistrationAllowed",
        subnet.registration.allowed.unwrap().encode(),
    );
    one("Burn", subnet.registration.cost_rao.unwrap().rao().encode());
    one("LastMechansimStepBlock", subnet.last_step.unwrap().encode());
    one(
        "SubnetOwner",
        subnet.owner_coldkey.unwrap().public_key().encode(),
    );
    one(
        "SubnetOwnerHotkey",
        subnet.owner_hotkey.unwrap().public_key().encode(),
    );
    one("Active", column(neurons, |n| n.active.unwrap()));
    one(
        "ValidatorPermit",
        column(neurons, |n| n.validator_permit.unwrap()),
    );
    one("LastUpdate", column(neurons, |n| n.last_update.unwrap()));
    one(
        "Emission",
        column(neurons, |n| n.emission_rao.unwrap().rao()),
    );
    one("Incentive", column(neurons, |n| n.incentive.unwrap().0));
    one("Dividends", column(neurons, |n| n.dividends.unwrap().0));
    one("Consensus", column(neurons, |n| n.consensus.unwrap().0));
    one(
        "ValidatorTrust",
        column(neurons, |n| n.validator_trust.unwrap().0),
    );
    for neuron in neurons {
        let hotkey = neuron.hotkey.public_key();
        let of_uid = (subnet.netuid, neuron.uid).encode();
        put("Keys", of_uid.clone(), hotkey.encode());
        put(
            "BlockAtRegistration",
            of_uid,
            neuron.registered_at.unwrap().encode(),
        );
        put(
            "Owner",
            concat(hotkey),
            neuron.coldkey.unwrap().public_key().encode(),
        );
        let staked = [concat(hotkey), own.clone()].concat();
        put(
            "TotalHotkeyAlpha",
            staked,
            neuron.alpha_stake_rao.unwrap().rao().encode(),
        );
        // Who serves nothing has no entry.
        if neuron.axon.is_some() {
            let (block, version, ip, port, kind) = axon_numbers(neuron.axon);
            let value = (block, version, ip, port, kind, 4_u8, 0_u8, 0_u8).encode();
            put("Axons", [own.clone(), concat(hotkey)].concat(), value);
        }
    }
}
