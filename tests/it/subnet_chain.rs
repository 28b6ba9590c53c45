//! Metagraphs read from nodes on loopback through the real JSON-RPC and the real decoding, runtimes of
//! every generation.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use vidaio::subnet::{EpochRule, Metagraph, PriceSource, Route};

use super::node::{Node, Runtime, State, generate, replay};
use super::surroundings::{Ran, run, scratch_root, shared, vidaio};

/// Block of the generated subnets.
pub(crate) const BLOCK: u64 = 7_000_123;

/// A node with one subnet of 256 uids.
pub(crate) fn node(runtime: Runtime) -> Node {
    serving(State::new(runtime, generate::subnet(85, 256, BLOCK)))
}

pub(crate) fn serving(state: State) -> Node {
    Node::start(move |method, params| state.call(method, params))
}

/// A node whose state can change under it.
pub(crate) fn changing(state: State) -> (Node, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(state));
    let own = Arc::clone(&state);
    let node = Node::start(move |method, params| own.lock().unwrap().call(method, params));
    (node, state)
}

/// `vidaio subnet` on a network, with a cache of its own.
pub(crate) fn subnet(network: &str, args: &[&str]) -> Command {
    let mut command = vidaio(&[&["subnet"], args].concat());
    command.args(["--network", network, "--no-cache"]);
    command
}

fn snapshot_of(name: &str, command: &mut Command) -> (Metagraph, Ran) {
    let path = scratch_root().join(format!("snapshot-{name}.json"));
    let ran = run(command.arg("--save").arg(&path));
    assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
    let metagraph = Metagraph::from_json(&std::fs::read(&path).unwrap()).unwrap();
    (metagraph, ran)
}

/// What was read, without what says where it was read.
fn same(read: &Metagraph, expected: &Metagraph) {
    for (read, expected) in read.neurons.iter().zip(&expected.neurons) {
        assert_eq!(read, expected);
    }
    let bare = Metagraph {
        read: expected.read.clone(),
        epoch: expected.epoch,
        unknown: expected.unknown.clone(),
        ..read.clone()
    };
    assert_eq!(&bare, expected);
}

#[test]
fn a_runtime_of_plain_numbers_is_read_whole() {
    let node = node(Runtime::Plain);
    let (read, ran) = snapshot_of("plain", &mut subnet(&node.url(), &[]));
    same(&read, &generate::subnet(85, 256, BLOCK));
    assert_eq!(read.unknown, [""; 0]);
    assert_eq!(ran.stderr, "");
    let epoch = read.epoch.unwrap();
    assert_eq!((epoch.blocks, epoch.rule), (361, EpochRule::Modulus));
    assert_eq!((read.read.block, read.read.spec_version), (BLOCK, 293));
    assert_eq!(read.read.route, Route::RuntimeCall);
    assert_eq!(read.read.endpoint, node.url());
}

#[test]
fn a_runtime_of_wrapped_numbers_without_rank_and_trust_is_read_whole() {
    let node = node(Runtime::Wrapped);
    let (read, ran) = snapshot_of("wrapped", &mut subnet(&node.url(), &["--verbose"]));
    let mut expected = generate::subnet(85, 256, BLOCK);
    for neuron in &mut expected.neurons {
        neuron.trust = None;
    }
    same(&read, &expected);
    assert_eq!(read.unknown, ["trust"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let epoch = read.epoch.unwrap();
    assert_eq!((epoch.blocks, epoch.rule), (360, EpochRule::AfterLast));
}

#[test]
fn fields_that_have_gone_are_unknown_with_a_warning() {
    let node = node(Runtime::Shrunk);
    let (read, ran) = snapshot_of("shrunk", &mut subnet(&node.url(), &[]));
    assert_eq!(read.neurons.len(), 256);
    assert_eq!(read.neurons[9].hotkey, generate::hotkey(9));
    assert!(read.neurons[9].incentive.is_some() && read.neurons[9].emission_rao.is_none());
    // The column whose type changed costs itself alone.
    assert!(read.neurons[9].last_update.is_none());
    for field in ["emission", "last_update", "validator_permit", "total_stake"] {
        assert!(
            read.unknown.iter().any(|u| u == field),
            "{field}: {:?}",
            read.unknown
        );
        assert!(ran.stderr.contains(field), "{}", ran.stderr);
    }
    assert!(
        ran.stderr.starts_with("warning: runtime 999 did not tell "),
        "{}",
        ran.stderr
    );
    for command in ["top", "miners", "distribution", "health", "neighbours"] {
        let ran = run(&mut subnet(&node.url(), &[command, "--quiet"]));
        assert_eq!(ran.code, 0, "{command}: {}", ran.stderr);
    }
}

#[test]
fn a_runtime_without_the_call_is_read_from_storage() {
    let node = node(Runtime::Ancient);
    let (read, ran) = snapshot_of("ancient", &mut subnet(&node.url(), &[]));
    let expected = generate::subnet(85, 256, BLOCK);
    assert_eq!(read.read.route, Route::Storage);
    assert_eq!(read.neurons.len(), 256);
    for (read, expected) in read.neurons.iter().zip(&expected.neurons) {
        let mut expected = expected.clone();
        (
            expected.trust,
            expected.tao_stake_rao,
            expected.total_stake_rao,
        ) = (None, None, None);
        assert_eq!(read, &expected);
    }
    assert_eq!(read.tempo, expected.tempo);
    assert_eq!(read.registration, expected.registration);
    assert_eq!(read.owner_coldkey, expected.owner_coldkey);
    assert_eq!(read.blocks_since_last_step, Some(123));
    assert!(ran.stderr.contains("tao_stake"), "{}", ran.stderr);
    let ran = run(&mut subnet(&node.url(), &["--netuid", "84"]));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn the_price_that_the_runtime_tells_goes_before_that_of_the_pool() {
    let mut state = State::new(Runtime::Wrapped, generate::subnet(85, 16, BLOCK));
    state.price = 31_250_000;
    let node = serving(state);
    let (read, _) = snapshot_of("price", &mut subnet(&node.url(), &[]));
    let price = read.pool.price.unwrap();
    assert_eq!(
        (price.tao_per_alpha, price.source),
        (0.031_25, PriceSource::Swap)
    );
}

#[test]
fn an_earlier_block_is_read_as_it_was() {
    let (node, state) = changing(State::new(
        Runtime::Wrapped,
        generate::subnet(85, 20, BLOCK),
    ));
    state
        .lock()
        .unwrap()
        .grow(generate::subnet(85, 24, BLOCK + 10));
    let at = |block: &str| snapshot_of("block", &mut subnet(&node.url(), &["--block", block])).0;
    let before = at(&(BLOCK + 3).to_string());
    assert_eq!((before.neurons.len(), before.read.block), (20, BLOCK + 3));
    assert_eq!(
        snapshot_of("head", &mut subnet(&node.url(), &[]))
            .0
            .neurons
            .len(),
        24
    );
    let ran = run(&mut subnet(&node.url(), &["--block", "8000000"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("has no block 8000000"),
        "{}",
        ran.stderr
    );
    state.lock().unwrap().pruned_before = BLOCK + 5;
    let ran = run(&mut subnet(&node.url(), &["--block", &BLOCK.to_string()]));
    assert_eq!(ran.code, 6);
    let said = format!("no longer has the state of block {BLOCK}");
    assert!(
        ran.stderr.contains(&said) && ran.stderr.contains("archive"),
        "{}",
        ran.stderr
    );
}

#[test]
fn metadata_is_fetched_once_and_read_from_disk_afterwards() {
    let node = node(Runtime::Wrapped);
    let cache = tempfile::tempdir_in(scratch_root()).unwrap();
    let read = || {
        let mut command = vidaio(&["subnet", "--network", &node.url()]);
        command.env("XDG_CACHE_HOME", cache.path());
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        node.calls()
    };
    let first = read();
    let second = read()[first.len()..].to_vec();
    let whole = [
        "chain_getBlockHash",
        "chain_getFinalizedHead",
        "chain_getHeader",
        "Core_version",
        "Metadata_metadata_versions",
        "Metadata_metadata_at_version",
        "SubnetInfoRuntimeApi_get_metagraph",
        "SwapRuntimeApi_current_alpha_price",
        "state_getStorage",
    ];
    assert_eq!(first, whole);
    assert_eq!(second.len(), 7);
    assert!(
        !second.iter().any(|call| call.starts_with("Metadata")),
        "{second:?}"
    );
    // One that was damaged on disk is fetched again.
    let kept = std::fs::read_dir(cache.path().join("vidaio/chain")).unwrap();
    for file in kept {
        std::fs::write(file.unwrap().path(), "damaged").unwrap();
    }
    let before = node.calls().len();
    assert_eq!(read()[before..].len(), 9);
}

/// Unpacks a file of the shared folder.
fn unpacked(path: PathBuf) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut packed = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    lzma_rs::xz_decompress(&mut packed, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_recorded_answers_of_the_real_runtime_are_read() {
    let Some(shared) = shared("recorded answers of runtime 293") else {
        return;
    };
    let recorded = unpacked(shared.join("chain/tape_spec293.json.xz"));
    let recorded: Vec<Value> = serde_json::from_slice(&recorded).unwrap();
    let node = replay::replay(&recorded);
    let (read, ran) = snapshot_of("recorded", &mut subnet(&node.url(), &[]));
    assert_eq!((read.netuid, read.read.spec_version), (85, 293));
    assert_eq!(read.neurons.len(), 24);
    // Two questions that were not asked when it was recorded.
    let missing = ["current_alpha_price", "ValidatorTrust"];
    assert_eq!(read.unknown, missing, "{}", ran.stderr);
    // Figures of that chain as they were noted when it was recorded.
    let emission: u64 = read
        .neurons
        .iter()
        .map(|n| n.emission_rao.unwrap().rao())
        .sum();
    assert_eq!(emission, 9_020_050_321);
    let price = read.pool.price.unwrap();
    assert!(
        (price.tao_per_alpha - 2.355_904_121).abs() < 1e-9,
        "{price:?}"
    );
    let paid = read
        .neurons
        .iter()
        .find(|n| (n.incentive.unwrap().part() - 0.134_493).abs() < 1e-6);
    let emission = paid.unwrap().emission_rao.unwrap().whole();
    assert!((emission - 0.6066).abs() < 1e-4, "{emission}");
    // The maps of storage that were recorded beside say the same.
    let map = |prefix: &str| {
        let found = recorded.iter().find(|e| {
            e["method"] == "state_getStorage" && e["params"][0].as_str().unwrap().contains(prefix)
        });
        hex::decode(&found.unwrap()["result"].as_str().unwrap()[2..]).unwrap()
    };
    let emissions = map("93916af563e2313a574d6cd48caec1a5");
    for (neuron, bytes) in read.neurons.iter().zip(emissions[1..].chunks(8)) {
        let stored = u64::from_le_bytes(bytes.try_into().unwrap());
        assert_eq!(neuron.emission_rao.unwrap().rao(), stored);
    }
}

#[test]
fn metadata_of_the_real_chain_is_understood() {
    let Some(shared) = shared("mainnet's metadata of runtimes 365 and 393") else {
        return;
    };
    for spec in [365, 393] {
        let bytes = std::fs::read(shared.join(format!("chain/finney_spec{spec}.scale"))).unwrap();
        let subject = generate::subnet(85, 256, BLOCK);
        let node = serving(State::of_metadata(bytes, spec, subject.clone()));
        let (read, ran) = snapshot_of(&format!("real-{spec}"), &mut subnet(&node.url(), &[]));
        let mut expected = subject;
        for neuron in &mut expected.neurons {
            neuron.trust = None;
        }
        same(&read, &expected);
        assert_eq!(read.unknown, ["trust"], "{}", ran.stderr);
        assert_eq!(read.epoch.unwrap().blocks, 361);
    }
}
