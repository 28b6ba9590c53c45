//! A worker without libtorch, for tests: speaks the protocol and computes something simple.
//!
//! `STAND_IN` says how it behaves: `ok` (default), `die` at every pair, `die-once` with the file
//! named by `STAND_IN_MARK` as memory, `chatter` (text instead of messages), `old` (another protocol),
//! `hang` (no answer to pictures).

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
    let mut enlarged = Vec::new();
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
            Request::LoadUpscaler { .. } => Response::UpscalerLoaded {
                architecture: "nearest".into(),
                scale: 4,
                parameters: 1000,
            },
            Request::Upscale {
                frames,
                height,
                width,
                scale,
                ..
            } => {
                if dies(&manner) {
                    std::process::exit(9);
                }
                if manner == "hang" {
                    std::thread::sleep(std::time::Duration::from_secs(100));
                }
                enlarged = nearest(&message.payload, width as usize, scale as usize);
                Response::Upscaled {
                    frames,
                    height: height * scale,
                    width: width * scale,
                }
            }
        };
        let bytes = std::mem::take(&mut enlarged);
        if write_message(&mut output, &response, &[&bytes]).is_err() {
            return;
        }
    }
}

/// Every pixel as a square of pixels.
fn nearest(pictures: &[u8], width: usize, scale: usize) -> Vec<u8> {
    let mut large = Vec::with_capacity(pictures.len() * scale * scale);
    for row in pictures.chunks_exact(width * 3) {
        for _ in 0..scale {
            for pixel in row.chunks_exact(3) {
                for _ in 0..scale {
                    large.extend_from_slice(pixel);
                }
            }
        }
    }
    large
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
