//! A worker without libtorch, for tests: speaks the protocol and computes something simple.
//!
//! `STAND_IN` says how it behaves: `ok` (default), `die` at every pair, `die-once` with the file
//! named by `STAND_IN_MARK` as memory, `chatter` (text instead of messages), `old` (another protocol).

use std::io::{Write as _, stdin, stdout};

use vidaio_worker_protocol::{
    ErrorKind, PROTOCOL_VERSION, Request, Response, read_message, write_message,
};

fn main() {
    let manner = std::env::var("STAND_IN").unwrap_or_default();
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    if manner == "chatter" {
        let _gone = output.write_all(b"libtorch greets the world\n");
        return;
    }
    while let Ok(message) = read_message::<Request>(&mut input) {
        let response = match message.header {
            Request::Hello { .. } => Response::Hello {
                protocol: if manner == "old" { 0 } else { PROTOCOL_VERSION },
                worker: "stand-in".into(),
                libtorch: "none".into(),
                cuda: false,
            },
            Request::LoadPieapp { weights, .. } => match std::fs::metadata(&weights) {
                Ok(meta) if meta.len() > 0 => Response::Loaded {
                    parameters: meta.len(),
                },
                _ => Response::Error {
                    kind: ErrorKind::Weights,
                    message: "no weights".into(),
                },
            },
            Request::Pieapp { .. } => {
                if dies(&manner) {
                    let _gone = std::io::stderr().write_all(b"stand-in: going down\n");
                    std::process::exit(9);
                }
                let (a, b) = message.payload.split_at(message.payload.len() / 2);
                let sum: u64 = a
                    .iter()
                    .zip(b)
                    .map(|(a, b)| u64::from(a.abs_diff(*b)))
                    .sum();
                // About 1 for clips that differ by ten levels, with the sign turned for tests of
                // the absolute value.
                let score = -(sum as f64 / a.len() as f64 / 10.0);
                Response::Pieapp { score, patches: 1 }
            }
        };
        if write_message(&mut output, &response, &[]).is_err() {
            return;
        }
    }
}

fn dies(manner: &str) -> bool {
    match manner {
        "die" => true,
        "die-once" => std::env::var_os("STAND_IN_MARK").is_some_and(|mark| {
            !std::path::Path::new(&mark).exists() && std::fs::write(mark, "").is_ok()
        }),
        _ => false,
    }
}
