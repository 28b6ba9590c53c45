//! The worker as a process: what it responds to good and bad messages, and how it ends.

use std::{
    io::Write,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use vidaio_worker_protocol::{
    ChannelOrder, Device, ErrorKind, Message, PROTOCOL_VERSION, ProtocolError, Request, Response,
    read_message, write_message,
};

use super::golden::{GOLDEN, THREADS, assert_close, shared_network, weights_file};
use vidaio_torch::weights::Format;

const BINARY: &str = env!("CARGO_BIN_EXE_vidaio-torch");

struct Caller {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
}

impl Caller {
    fn start() -> Self {
        // The paths to libtorch must be in the binary, not in the surroundings of whoever starts it.
        let mut child = Command::new(BINARY)
            .env_remove("LD_LIBRARY_PATH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    fn greeted() -> Self {
        let mut caller = Self::start();
        let answer = caller.ask(
            &Request::Hello {
                protocol: PROTOCOL_VERSION,
            },
            &[],
        );
        assert!(
            matches!(
                answer,
                Response::Hello {
                    protocol: PROTOCOL_VERSION,
                    ..
                }
            ),
            "{answer:?}"
        );
        caller
    }

    fn ask(&mut self, request: &Request, payload: &[u8]) -> Response {
        write_message(self.input.as_mut().unwrap(), request, &[payload]).unwrap();
        let Message { header, payload } = read_message(&mut self.output).unwrap();
        assert!(payload.is_empty());
        header
    }

    /// Sends a request that must fail and returns the message.
    fn refused(&mut self, request: &Request, payload: &[u8], kind: ErrorKind) -> String {
        match self.ask(request, payload) {
            Response::Error { kind: got, message } if got == kind => message,
            other => panic!("{request:?} got {other:?}"),
        }
    }

    /// Closes the pipe; nothing more may come, and the process must end well.
    fn end(mut self) {
        self.input = None;
        let rest = read_message::<Response>(&mut self.output);
        assert!(matches!(rest, Err(ProtocolError::Closed)), "{rest:?}");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

fn load(format: Format) -> Request {
    let weights = weights_file(format).to_str().unwrap().to_owned();
    Request::LoadPieapp {
        weights,
        device: Device::Cpu,
        threads: THREADS,
    }
}

fn score(height: u32, width: u32) -> Request {
    Request::Pieapp {
        height,
        width,
        order: ChannelOrder::Bgr,
        chunk: 16,
    }
}

#[test]
fn it_ends_well_when_the_pipe_is_closed() {
    Caller::start().end();
    Caller::greeted().end();
}

#[test]
fn it_says_what_it_is() {
    let output = Command::new(BINARY)
        .arg("--version")
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        format!(
            "vidaio-torch {} (libtorch 2.11.0)\n",
            env!("CARGO_PKG_VERSION")
        )
    );
    assert!(output.status.success());
    let unknown = Command::new(BINARY).arg("--help").output().unwrap();
    assert!(unknown.stdout.is_empty() && !unknown.status.success());
}

#[test]
fn it_scores_with_either_file_and_keeps_small_chunks_right() {
    let _one_at_a_time = shared_network();
    let mut caller = Caller::greeted();
    let case = GOLDEN
        .cases
        .iter()
        .find(|case| case.name == "96x130_noisy5")
        .unwrap();
    for format in [Format::Legacy, Format::Safetensors] {
        let loaded = caller.ask(&load(format), &[]);
        assert_eq!(
            loaded,
            Response::Loaded {
                parameters: 68_376_580
            }
        );
        match caller.ask(&score(96, 130), &case.bytes()) {
            Response::Pieapp { score, patches: 6 } => assert_close(score, case.score, &case.name),
            other => panic!("{other:?}"),
        }
    }
    caller.end();
}

#[test]
fn misuse_is_refused_and_the_worker_goes_on() {
    let _one_at_a_time = shared_network();
    let bytes = vec![7_u8; 64 * 64 * 6];
    let mut caller = Caller::start();
    caller.refused(&load(Format::Legacy), &[], ErrorKind::Request);
    let other = PROTOCOL_VERSION + 1;
    let message = caller.refused(&Request::Hello { protocol: other }, &[], ErrorKind::Request);
    assert!(message.contains(&format!("protocol {other}")), "{message}");
    caller.ask(
        &Request::Hello {
            protocol: PROTOCOL_VERSION,
        },
        &[],
    );
    let message = caller.refused(&score(64, 64), &bytes, ErrorKind::Request);
    assert_eq!(message, "no weights are loaded");

    let lost = Request::LoadPieapp {
        weights: "/nowhere/at.all".into(),
        device: Device::Cpu,
        threads: 1,
    };
    let message = caller.refused(&lost, &[], ErrorKind::Weights);
    assert!(
        message.starts_with("/nowhere/at.all: cannot read"),
        "{message}"
    );
    let idle = Request::LoadPieapp {
        weights: "/nowhere".into(),
        device: Device::Cpu,
        threads: 0,
    };
    caller.refused(&idle, &[], ErrorKind::Request);

    caller.ask(&load(Format::Safetensors), &[]);
    let message = caller.refused(&score(63, 64), &bytes, ErrorKind::Request);
    assert!(message.contains("at least 64x64"), "{message}");
    caller.refused(&score(64, 63), &bytes, ErrorKind::Request);
    caller.refused(&score(64, 64), &bytes[1..], ErrorKind::Request);
    caller.refused(&score(u32::MAX, u32::MAX), &bytes, ErrorKind::Request);
    let none = Request::Pieapp {
        height: 64,
        width: 64,
        order: ChannelOrder::Rgb,
        chunk: 0,
    };
    caller.refused(&none, &bytes, ErrorKind::Request);
    assert!(matches!(
        caller.ask(&score(64, 64), &bytes),
        Response::Pieapp { patches: 1, .. }
    ));
    caller.end();
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let mut caller = Caller::start();
    let hello = caller.ask(
        &Request::Hello {
            protocol: PROTOCOL_VERSION,
        },
        &[],
    );
    if matches!(hello, Response::Hello { cuda: true, .. }) {
        return caller.end();
    }
    let cuda = Request::LoadPieapp {
        weights: "/nowhere".into(),
        device: Device::Cuda,
        threads: 1,
    };
    caller.refused(&cuda, &[], ErrorKind::Device);
    caller.end();
}

#[test]
fn bytes_that_are_no_message_end_it_with_a_word() {
    let mut child = Command::new(BINARY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"hello worker, are you there?")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty() && !output.status.success());
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("vidaio-torch: not a message"), "{words}");
}
