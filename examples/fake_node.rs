//! The tests' node as a program: `fake_node [UIDS] [plain | METADATA SPEC]` prints its address and serves
//! until it is stopped. It speaks the newest generated runtime, the one of plain numbers, or the types of a
//! file of metadata.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a tool for benchmarks"
)]
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "shared with the tests"
)]

#[path = "../tests/node/mod.rs"]
mod node;

use std::sync::Arc;

use node::{Node, Runtime, State, generate};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let uids = arguments.first().map_or(256, |n| n.parse().unwrap());
    let subnet = generate::subnet(85, uids, 7_000_123);
    let state = match &arguments[1.min(arguments.len())..] {
        [metadata, spec] => {
            let bytes = std::fs::read(metadata).unwrap();
            State::of_metadata(bytes, spec.parse().unwrap(), subnet)
        }
        [plain] if plain == "plain" => State::new(Runtime::Plain, subnet),
        _ => State::new(Runtime::Wrapped, subnet),
    };
    let state = Arc::new(state);
    let node = Node::start(move |method, params| state.call(method, params));
    println!("{}", node.url());
    loop {
        std::thread::park();
    }
}
