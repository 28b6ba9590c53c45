//! Asks a miner as fast as it answers, or at a rate, and prints how long answers took. For `bench/axon.py`.
//!
//!   ask_axon home DIR                              a wallet and a metagraph for `vidaio mine --offline`
//!   ask_axon ask HOST:PORT MINER SECONDS CONNECTIONS RATE warrant|length|get
//!
//! RATE 0 is as fast as it goes. Signed calls are signed while they are sent, so a part of the machine is
//! the caller's.
#![expect(clippy::unwrap_used, reason = "a benchmark ends where it cannot go on")]
#![allow(clippy::print_stdout, reason = "its result goes there")]

#[path = "../tests/node/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "only the generated subnet is used"
)]
mod node;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use vidaio::wallet::Hotkey;

const NO_FIELDS: &str = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";

fn key(seed: u8) -> Hotkey {
    Hotkey::from_seed(&[seed; 32]).unwrap()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["home", folder] => home(folder),
        ["ask", address, miner, seconds, connections, rate, what] => ask(&Asking {
            address,
            miner,
            what,
            time: Duration::from_secs(seconds.parse().unwrap()),
            connections: connections.parse().unwrap(),
            rate: rate.parse().unwrap(),
        }),
        _ => {
            panic!("ask_axon home DIR | ask_axon ask HOST:PORT MINER SECONDS CONNECTIONS RATE WHAT")
        }
    }
}

/// A wallet `bench` and a metagraph in which seed 7 validates and seed 9 mines.
fn home(folder: &str) {
    let folder = std::path::Path::new(folder);
    let hotkeys = folder.join("wallets/bench/hotkeys");
    std::fs::create_dir_all(&hotkeys).unwrap();
    let (miner, validator) = (key(9).address(), key(7).address());
    let file = json!({"secretSeed": format!("0x{}", "09".repeat(32)), "ss58Address": miner});
    std::fs::write(hotkeys.join("default"), file.to_string()).unwrap();
    let mut subnet = node::generate::subnet(85, 48, 7_000_123);
    subnet.neurons[0].hotkey = validator;
    subnet.neurons[10].hotkey = miner;
    let text = serde_json::to_string(&subnet).unwrap();
    std::fs::write(folder.join("metagraph.json"), text).unwrap();
    println!("{}", json!({"miner": miner, "validator": validator}));
}

struct Asking<'a> {
    address: &'a str,
    miner: &'a str,
    what: &'a str,
    time: Duration,
    connections: u32,
    rate: f64,
}

fn ask(asking: &Asking<'_>) {
    let start = Instant::now();
    let mut all: Vec<f64> = std::thread::scope(|scope| {
        let each: Vec<_> = (0..asking.connections)
            .map(|number| scope.spawn(move || one(asking, number, start)))
            .collect();
        each.into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    let seconds = start.elapsed().as_secs_f64();
    all.sort_by(f64::total_cmp);
    let at = |part: f64| all[((all.len() - 1) as f64 * part) as usize] * 1000.0;
    let told = json!({"requests": all.len(), "per_second": all.len() as f64 / seconds,
        "p50_ms": at(0.5), "p99_ms": at(0.99), "longest_ms": at(1.0)});
    println!("{told}");
}

/// The times of one connection's answers, in seconds. Every answer must be the right one.
fn one(asking: &Asking<'_>, number: u32, start: Instant) -> Vec<f64> {
    let signer = key(7);
    let hotkey = signer.address().to_string();
    let uuid = format!("{number:08x}-0000-4000-8000-{:012x}", std::process::id());
    let connect = || {
        let stream = TcpStream::connect(asking.address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        BufReader::new(stream)
    };
    let mut stream = connect();
    let mut times = Vec::new();
    let pause = (asking.rate > 0.0).then(|| f64::from(asking.connections) / asking.rate);
    let mut due = start
        + Duration::from_secs_f64(pause.map_or(0.0, |p| {
            p * f64::from(number) / f64::from(asking.connections)
        }));
    while start.elapsed() < asking.time {
        if let Some(pause) = pause {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due += Duration::from_secs_f64(pause);
        }
        let request = match asking.what {
            "get" => format!("GET /warrant HTTP/1.1\r\nHost: {}\r\n\r\n", asking.address),
            what => signed(asking, what, &signer, &hotkey, &uuid),
        };
        let began = Instant::now();
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        if !answered(&mut stream) {
            stream = connect();
        }
        times.push(began.elapsed().as_secs_f64());
    }
    times
}

fn signed(asking: &Asking<'_>, what: &str, signer: &Hotkey, hotkey: &str, uuid: &str) -> String {
    let class = match what {
        "length" => "LengthCheckProtocol",
        _ => "TaskWarrantProtocol",
    };
    let nonce = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    let message = format!("{nonce}.{hotkey}.{}.{uuid}.{NO_FIELDS}", asking.miner);
    let signature = signer.sign(message.as_bytes());
    let body = json!({"name": class, "timeout": 12.0, "total_size": 0, "header_size": 0,
        "dendrite": {"ip": "198.51.100.7", "version": 10_001_000, "nonce": nonce as u64, "uuid": uuid,
            "hotkey": hotkey, "signature": signature.to_string()},
        "axon": {"ip": "127.0.0.1", "port": 8091, "hotkey": asking.miner},
        "computed_body_hash": "", "version": {"major": 2, "minor": 3, "patch": 0}});
    let body = body.to_string();
    format!(
        "POST /{class} HTTP/1.1\r\nHost: {}\r\nname: {class}\r\ntimeout: 12.0\r\n\
         bt_header_axon_ip: 127.0.0.1\r\nbt_header_axon_port: 8091\r\nbt_header_axon_hotkey: {}\r\n\
         bt_header_dendrite_ip: 198.51.100.7\r\nbt_header_dendrite_version: 10001000\r\n\
         bt_header_dendrite_nonce: {nonce}\r\nbt_header_dendrite_uuid: {uuid}\r\n\
         bt_header_dendrite_hotkey: {hotkey}\r\nbt_header_dendrite_signature: {signature}\r\n\
         header_size: 464\r\ntotal_size: 3450\r\ncomputed_body_hash: {NO_FIELDS}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        asking.address,
        asking.miner,
        body.len()
    )
}

/// Reads one answer, and says whether the connection stays.
fn answered(stream: &mut BufReader<TcpStream>) -> bool {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
    let (mut length, mut stays) = (0, true);
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        let lower = line.trim().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(n) = lower.strip_prefix("content-length: ") {
            length = n.parse().unwrap();
        }
        stays &= lower != "connection: close";
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    assert!(body.starts_with(b"{"));
    stays
}
