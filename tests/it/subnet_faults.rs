//! Nodes that go wrong: every fault has an error of its own, and nothing outlasts its time.

use std::time::{Duration, Instant};

use serde_json::json;
use vidaio::subnet::Alpha;

use super::node::faults::Fault;
use super::node::{Node, Runtime, State, generate};
use super::subnet_chain::{BLOCK, node, node as node_of, serving, subnet};
use super::surroundings::{Ran, run};

const METAGRAPH: &str = "SubnetInfoRuntimeApi_get_metagraph";
/// Often enough that no second try succeeds.
const ALWAYS: u32 = u32::MAX;

/// Runs with six seconds for everything, and holds it to them.
fn bounded(network: &str, args: &[&str]) -> Ran {
    let began = Instant::now();
    let ran = run(&mut subnet(network, &[args, &["--timeout", "6s"]].concat()));
    let took = began.elapsed();
    assert!(took < Duration::from_secs(9), "{args:?} took {took:?}");
    ran
}

#[track_caller]
fn fails(node: &Node, code: i32, says: &str) {
    let ran = bounded(&node.url(), &[]);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    let error = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("error: "))
        .unwrap();
    assert!(
        error.contains(says) && error.contains(&node.url()),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_node_that_closes_in_the_middle_is_asked_again_and_then_given_up() {
    let node = node(Runtime::Wrapped);
    node.fail(METAGRAPH, Fault::Close, 1);
    let ran = bounded(&node.url(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("closed"),
        "{}",
        ran.stderr
    );
    node.fail(METAGRAPH, Fault::Close, ALWAYS);
    fails(
        &node,
        6,
        "the node closed the connection during SubnetInfoRuntimeApi_get_metagraph",
    );
}

#[test]
fn answers_that_make_no_sense_are_told_apart() {
    let node = node(Runtime::Wrapped);
    for (method, fault, says) in [
        (
            METAGRAPH,
            Fault::Cut,
            "the answer to SubnetInfoRuntimeApi_get_metagraph makes no sense",
        ),
        (METAGRAPH, Fault::Result(json!("0x01ff")), "makes no sense"),
        (METAGRAPH, Fault::Result(json!({"a": 1})), "makes no sense"),
        (
            "Metadata_metadata_at_version",
            Fault::Cut,
            "to Metadata_metadata_at_version makes no sense",
        ),
        (
            "Core_version",
            Fault::Result(json!("0x")),
            "to Core_version makes no sense",
        ),
        (
            "chain_getBlockHash",
            Fault::Result(json!(7)),
            "makes no sense",
        ),
        (
            "chain_getHeader",
            Fault::Result(json!(null)),
            "makes no sense",
        ),
        (
            METAGRAPH,
            Fault::Refuse(-32000, "too busy"),
            "refuses SubnetInfoRuntimeApi_get_metagraph: too busy (code -32000)",
        ),
    ] {
        node.fail(method, fault, ALWAYS);
        fails(&node, 6, says);
        node.fail(method, Fault::Close, 0);
    }
    assert_eq!(bounded(&node.url(), &[]).code, 0);
}

#[test]
fn text_that_is_no_json_ends_in_an_error() {
    let node = node(Runtime::Wrapped);
    node.fail(METAGRAPH, Fault::Text("<html>"), ALWAYS);
    fails(
        &node,
        6,
        "the answer to SubnetInfoRuntimeApi_get_metagraph makes no sense",
    );
}

#[test]
fn a_slow_node_is_given_up_in_time() {
    let node = node(Runtime::Wrapped);
    node.fail(METAGRAPH, Fault::Late(Duration::from_secs(30)), ALWAYS);
    let ran = bounded(&node.url(), &[]);
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("no answer to"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--timeout"), "{}", ran.stderr);
}

#[test]
fn what_is_asked_besides_costs_itself_alone() {
    let price = "SwapRuntimeApi_current_alpha_price";
    let node = node(Runtime::Wrapped);
    for fault in [
        Fault::Refuse(4003, "no"),
        Fault::Cut,
        // The answer to the other question waits behind it.
        Fault::Late(Duration::from_secs(30)),
    ] {
        node.fail(price, fault, ALWAYS);
        let ran = bounded(&node.url(), &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(
            ran.stdout.contains("TAO in the pool by alpha in the pool"),
            "{}",
            ran.stdout
        );
        let told = "warning: runtime 459 did not tell current_alpha_price";
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
}

#[test]
fn old_metadata_is_not_taken_in_silence() {
    let node = node(Runtime::Wrapped);
    let refusal = Fault::Refuse(-32000, "too many requests");
    node.fail("Metadata_metadata_versions", refusal, ALWAYS);
    fails(
        &node,
        6,
        "refuses Metadata_metadata_versions: too many requests",
    );
}

#[test]
fn what_may_be_a_secret_in_an_address_is_not_repeated() {
    let node = node(Runtime::Wrapped);
    let url = node.url().replace("ws://", "ws://user:secret@") + "/path?apikey=secret";
    let snapshot = super::surroundings::scratch_root().join("secret.json");
    let ran = bounded(&url, &["--verbose", "--save", snapshot.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let kept = std::fs::read_to_string(&snapshot).unwrap();
    for text in [&ran.stdout, &ran.stderr, &kept] {
        assert!(
            !text.contains("secret") && !text.contains("apikey"),
            "{text}"
        );
    }
    node.fail(METAGRAPH, Fault::Close, ALWAYS);
    let ran = bounded(&url, &[]);
    assert!(
        ran.code == 6 && !ran.stderr.contains("secret"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_node_that_lags_is_passed_over_for_one_that_has_the_block() {
    let behind = node(Runtime::Wrapped);
    let ahead = serving(State::new(
        Runtime::Wrapped,
        generate::subnet(85, 16, BLOCK + 50),
    ));
    let both = format!("{},{}", behind.url(), ahead.url());
    let block = (BLOCK + 50).to_string();
    assert_eq!(bounded(&both, &["--block", &block]).code, 0);
    let ran = bounded(&both, &["--block", &(BLOCK + 60).to_string()]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    // What one node settled goes before what another could not say.
    let dead = format!("{},ws://127.0.0.1:1", behind.url());
    assert_eq!(bounded(&dead, &["--netuid", "3"]).code, 2);
}

#[test]
fn a_node_that_nobody_hears_is_passed_over_for_the_next() {
    let node = node(Runtime::Wrapped);
    // A port that was free a moment ago.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("ws://{}", silent.local_addr().unwrap());
    drop(silent);
    let both = format!("{dead},{}", node.url());
    let ran = bounded(&both, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains(&format!("warning: {dead}: no connection")),
        "{}",
        ran.stderr
    );
    let ran = bounded(&dead, &[]);
    assert_eq!(ran.code, 6);
    assert!(
        ran.stderr.contains("error: ") && ran.stderr.contains("refused"),
        "{}",
        ran.stderr
    );
    // One that listens and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("ws://{}", silent.local_addr().unwrap());
    let ran = bounded(&mute, &[]);
    assert_eq!(ran.code, 6);
    assert!(
        ran.stderr.contains("no answer to the connection"),
        "{}",
        ran.stderr
    );
}

#[test]
fn another_chain_is_refused_where_mainnet_was_asked_for() {
    let other = format!("0x{}", "45".repeat(32));
    let state = State::new(Runtime::Wrapped, generate::subnet(85, 16, BLOCK));
    let node = serving(state.of_genesis(&other));
    assert_eq!(bounded(&node.url(), &[]).code, 0);
    let ran = bounded(&format!("finney@{}", node.url()), &[]);
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("it serves another chain") && ran.stderr.contains(&other));
    let mainnet = super::subnet_chain::node(Runtime::Wrapped);
    assert_eq!(bounded(&format!("finney@{}", mainnet.url()), &[]).code, 0);
}

#[test]
fn a_chain_without_subnets_and_a_subnet_that_is_not_there_are_named() {
    let foreign = node(Runtime::Foreign);
    fails(&foreign, 6, "its chain has no subnets");
    let node = node(Runtime::Wrapped);
    let ran = bounded(&node.url(), &["--netuid", "84"]);
    assert_eq!(ran.code, 2);
    let said = format!("there is no subnet 84 at block {BLOCK}");
    assert!(
        ran.stderr.contains(&said) && ran.stderr.contains("--netuid"),
        "{}",
        ran.stderr
    );
}

#[test]
fn blocks_that_are_still_to_come_are_no_trouble() {
    let mut subject = generate::subnet(85, 16, BLOCK);
    subject.neurons[10].registered_at = Some(u64::MAX);
    subject.neurons[10].last_update = Some(u64::MAX);
    let node = serving(State::new(Runtime::Wrapped, subject));
    for command in [&["uid", "10"][..], &["health"], &["neighbours"], &["top"]] {
        let ran = bounded(&node.url(), &[command, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
        if command.contains(&"uid") {
            let verdict: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(verdict["registered_at"], u64::MAX);
            assert!(verdict["immune_until"].is_null(), "{verdict}");
        }
    }
}

#[test]
fn a_name_that_commands_the_terminal_is_spelled_out() {
    let mut subject = generate::subnet(85, 16, BLOCK);
    subject.name = Some("a\u{1b}[31m\r\nb\u{202e}c".into());
    let node = serving(State::new(Runtime::Wrapped, subject));
    let ran = bounded(&node.url(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = ran.stdout.lines().next().unwrap();
    assert!(
        first.ends_with(r"85 (a\u{1b}[31m\r\nb\u{202e}c)"),
        "{first}"
    );
}

#[test]
fn a_metagraph_that_contradicts_itself_is_refused() {
    let mut subject = generate::subnet(85, 16, BLOCK);
    subject.neurons[3].hotkey = subject.neurons[2].hotkey;
    let node = serving(State::new(Runtime::Wrapped, subject));
    fails(&node, 6, "uids 2 and 3 have one hotkey");
    for field in ["emission_rao", "total_stake_rao"] {
        let mut subject = generate::subnet(85, 16, BLOCK);
        let all = Some(Alpha::from_rao(u64::MAX));
        match field {
            "emission_rao" => subject.neurons[3].emission_rao = all,
            _ => subject.neurons[3].total_stake_rao = all,
        }
        let node = serving(State::new(Runtime::Wrapped, subject));
        let says = format!("`{field}` of all uids together is more than 64 bits hold");
        fails(&node, 6, &says);
    }
    // Hotkeys of another type are not taken for an empty subnet.
    fails(
        &node_of(Runtime::Nameless),
        6,
        "it has no hotkeys that can be read",
    );
}

#[test]
fn wrong_networks_and_snapshots_are_usage_or_input_errors() {
    for (network, says) in [
        ("finey", "`finey` is neither finney"),
        ("http://host", "neither finney"),
        ("ws://", "neither finney"),
        ("ws://a,b", "`b` is neither"),
        ("ws://a,", "there is a comma too many"),
        ("ws://127.0.0.1:99999", "a port is a number from 1 to 65535"),
        ("wss://[::1]:x", "a port is a number"),
    ] {
        let ran = bounded(network, &[]);
        assert_eq!(ran.code, 2, "{network}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    let folder = tempfile::tempdir_in(super::surroundings::scratch_root()).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = |break_it: fn(&mut vidaio::subnet::Metagraph)| {
        let mut metagraph = generate::subnet(85, 16, BLOCK);
        break_it(&mut metagraph);
        serde_json::to_string(&metagraph).unwrap()
    };
    let partial = broken(|m| m.neurons[3].emission_rao = None);
    let uids = broken(|m| m.neurons[2].uid = 7);
    for (path, says) in [
        (file("empty.json", ""), "it is no snapshot"),
        (
            file("other.json", "{\"schema\": \"vidaio.score/1\"}"),
            "its form is `vidaio.score/1`",
        ),
        (file("none.json", "{}"), "it has no `schema`"),
        (
            file("later.json", "{\"schema\": \"vidaio.metagraph/1\"}"),
            "missing field",
        ),
        (
            folder.path().to_str().unwrap().to_owned(),
            "it is not a file",
        ),
        ("/nowhere.json".to_owned(), "cannot be read"),
        (
            file("partial.json", &partial),
            "uid 3 has no `emission_rao`",
        ),
        (file("uids.json", &uids), "uid 7 stands where uid 2 belongs"),
    ] {
        let ran = run(&mut super::surroundings::vidaio(&[
            "subnet", "--from", &path,
        ]));
        assert_eq!(ran.code, 3, "{path}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(says) && ran.stderr.contains(&path),
            "{}",
            ran.stderr
        );
    }
}
