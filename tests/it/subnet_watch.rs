//! `vidaio subnet watch`: follows a chain that grows under it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use vidaio::subnet::{Alpha, Metagraph};

use super::node::faults::Fault;
use super::node::{Runtime, State, generate};
use super::subnet_chain::{BLOCK, changing, subnet};

/// Time in which a change must be told; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lines of a stream, as they come.
fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            if line.is_ok_and(|line| send.send(line).is_err()) {
                break;
            }
        }
    });
    receive
}

/// Ends the program whatever becomes of the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _status = self.0.wait();
    }
}

fn later(blocks: u64, change: impl FnOnce(&mut Metagraph)) -> Metagraph {
    let mut next = generate::subnet(85, 24, BLOCK);
    next.read.block += blocks;
    change(&mut next);
    next
}

#[test]
fn changes_are_told_as_they_happen_and_a_lost_connection_costs_none() {
    let state = State::new(Runtime::Wrapped, generate::subnet(85, 24, BLOCK));
    let (node, state) = changing(state);
    let mut command = subnet(
        &node.url(),
        &[
            "watch", "--every", "0.05", "--format", "jsonl", "--blocks", "30",
        ],
    );
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Ended(command.spawn().unwrap());
    let told = lines(child.0.stdout.take().unwrap());
    let words = lines(child.0.stderr.take().unwrap());
    assert_eq!(
        words.recv_timeout(PATIENCE).unwrap(),
        format!(
            "subnet 85 at block {BLOCK}: 24 uids, from {}; changes follow",
            node.url()
        )
    );
    let next = |told: &Receiver<String>| -> Value {
        serde_json::from_str(&told.recv_timeout(PATIENCE).unwrap()).unwrap()
    };
    let stopped = Some(Alpha::from_rao(0));
    state
        .lock()
        .unwrap()
        .grow(later(10, |m| m.neurons[9].emission_rao = stopped));
    let change = next(&told);
    assert_eq!(
        (&change["change"], &change["uid"]),
        (&"emission".into(), &9.into())
    );
    assert_eq!(
        (&change["after"], &change["unit"]),
        (&0.0.into(), &"alpha an epoch".into())
    );
    assert_eq!(change["block"], BLOCK + 10);
    // The connection breaks between two blocks, and what changed meanwhile is told.
    node.fail("chain_getFinalizedHead", Fault::Close, 1);
    let gone = words.recv_timeout(PATIENCE).unwrap();
    assert!(
        gone.starts_with("warning: ") && gone.contains("closed"),
        "{gone}"
    );
    state.lock().unwrap().grow(later(20, |m| {
        m.neurons[9].emission_rao = stopped;
        m.neurons[10].axon = None;
        m.neurons[11].validator_permit = Some(true);
        m.neurons[12].hotkey = generate::account(1, 0x66);
    }));
    let kinds: Vec<Value> = (0..3).map(|_| next(&told)["change"].clone()).collect();
    assert_eq!(kinds, ["axon", "permit-gained", "replaced"]);
    // As many blocks as were asked for end it.
    state
        .lock()
        .unwrap()
        .grow(generate::subnet(85, 25, BLOCK + 30));
    let mut kinds = Vec::new();
    while let Ok(line) = told.recv_timeout(PATIENCE) {
        let change: Value = serde_json::from_str(&line).unwrap();
        kinds.push(change["change"].as_str().unwrap().to_owned());
    }
    assert!(kinds.iter().any(|kind| kind == "registered"), "{kinds:?}");
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn lines_of_text_are_added_to_a_file() {
    let state = State::new(Runtime::Wrapped, generate::subnet(85, 24, BLOCK));
    let (node, state) = changing(state);
    let folder = tempfile::tempdir_in(super::surroundings::scratch_root()).unwrap();
    let path = folder.path().join("changes.txt");
    std::fs::write(&path, "from before\n").unwrap();
    let mut command = subnet(&node.url(), &["watch", "--every", "0.05", "--blocks", "1"]);
    command.arg("-o").arg(&path).stderr(Stdio::piped());
    let mut child = Ended(command.spawn().unwrap());
    let words = lines(child.0.stderr.take().unwrap());
    words.recv_timeout(PATIENCE).unwrap();
    state
        .lock()
        .unwrap()
        .grow(later(1, |m| m.neurons[11].axon = None));
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    let hotkey = generate::hotkey(11);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        format!(
            "from before\nblock {}  uid 11 ({hotkey})  axon 203.0.114.11:8091 -> none\n",
            BLOCK + 1
        )
    );
}

#[test]
fn signals_end_it_without_an_error() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        ends_by(signal);
    }
}

fn ends_by(signal: rustix::process::Signal) {
    let (node, _state) = changing(State::new(Runtime::Wrapped, generate::subnet(85, 8, BLOCK)));
    let mut command = subnet(&node.url(), &["watch", "--every", "0.05"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = Ended(command.spawn().unwrap());
    let words = lines(child.0.stderr.take().unwrap());
    words.recv_timeout(PATIENCE).unwrap();
    let pid = rustix::process::Pid::from_child(&child.0);
    rustix::process::kill_process(pid, signal).unwrap();
    assert_eq!(child.0.wait().unwrap().code(), Some(0), "{signal:?}");
}

#[test]
fn a_reader_that_goes_away_ends_it_though_nothing_changes() {
    let (node, _state) = changing(State::new(Runtime::Wrapped, generate::subnet(85, 8, BLOCK)));
    let mut command = subnet(&node.url(), &["watch", "--every", "0.05"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Ended(command.spawn().unwrap());
    let words = lines(child.0.stderr.take().unwrap());
    words.recv_timeout(PATIENCE).unwrap();
    drop(child.0.stdout.take());
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn a_watch_takes_no_form_that_has_an_end() {
    for format in ["json", "csv"] {
        let ran = super::surroundings::run(&mut subnet("local", &["watch", "--format", format]));
        assert!(
            ran.code == 2 && ran.stderr.contains("a watch has no end"),
            "{}",
            ran.stderr
        );
    }
}
