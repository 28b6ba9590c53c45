//! TransferLimits of the exchange, with small ones in their place; and connections in numbers.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use vidaio::config::{FrameSettings, Layers};
use vidaio::history::Folder;
use vidaio::miner::artifact::{ArtifactServer, TransferLimits};
use vidaio::miner::tasks::{Maker, Slots, TaskDirs};
use vidaio::miner::{Database, RequestLog, Service, TaskService, Tuning, Validators, listen};

use super::super::clips;
use super::process::{MINER, Miner, empty, get, home, key, metagraph};
use super::validator::Task;

/// A server in this process. Its fence is over once this returns.
fn begin(folder: &std::path::Path, limits: TransferLimits) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let folder = folder.to_path_buf();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let database = Database::open(&folder.join("state")).await.unwrap();
            let program = PathBuf::from(env!("CARGO_BIN_EXE_vidaio-video"));
            let tasks = TaskService::new(
                Slots::new(2, 0),
                TaskDirs::open(&folder.join("work")).unwrap(),
                RequestLog::new(database, Folder::open(&folder.join("history")).unwrap()),
                Tuning {
                    maker: Maker {
                        program,
                        rules: "next".into(),
                        model: "lanczos".into(),
                        frames: FrameSettings::resolve(&Layers::default()).unwrap(),
                        ffmpeg: "ffmpeg".into(),
                        settings: Vec::new(),
                    },
                    tasks: vidaio::domain::Task::ALL.to_vec(),
                    warrant: vidaio::domain::Task::Compress,
                    content_length: 5,
                    least_stake: 0.0,
                },
            );
            let service = Arc::new(Service {
                hotkey: key(MINER),
                validators: Validators::with(metagraph()),
                tasks: Arc::new(tasks),
            });
            let router = ArtifactServer::new(service, limits).router();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let never = tokio_util::sync::CancellationToken::new();
            listen::serve(listener, router, never, Duration::ZERO).await;
        });
    });
    std::thread::sleep(Duration::from_millis(7100));
    address
}

/// The head of a good request, and what is answered to it and some of its body.
fn answer(
    address: SocketAddr,
    miner: &vidaio::address::Address,
    body: &[u8],
    sent: usize,
) -> String {
    let task = Task::of(*miner, "compression", body, json!({"target_codec": "h264"}));
    let signed = task.sign();
    let mut head = format!("POST /v1/task/artifact HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in &signed.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let _refused_before = stream.write_all(&body[..sent]);
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[test]
fn inputs_that_are_too_large_or_too_slow_and_outputs_that_are_too_large_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let body = std::fs::read(clips::reference()).unwrap();
    let limits = TransferLimits {
        input: body.len() as u64,
        output: 1000,
        ingress: Duration::from_secs(2),
    };
    let address = begin(folder.path(), limits);
    let miner = key(MINER).address();
    let large = vec![0; body.len() + 1];
    let said = answer(address, &miner, &large, 100);
    assert!(
        said.starts_with("HTTP/1.1 413") && said.contains("input_too_large"),
        "{said}"
    );
    let began = Instant::now();
    let said = answer(address, &miner, &body, 1000);
    assert!(
        said.starts_with("HTTP/1.1 408") && said.contains("ingress_timeout"),
        "{said}"
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    let said = answer(address, &miner, &body, body.len());
    assert!(
        said.starts_with("HTTP/1.1 500") && said.contains("output_too_large"),
        "{said}"
    );
    empty(&folder.path().join("work"));
}

#[test]
fn a_flood_of_one_address_does_not_keep_others_out() {
    let home = home();
    let miner = Miner::start(home.path(), &[]);
    let idle: Vec<TcpStream> = (0..400)
        .filter_map(|_| TcpStream::connect(miner.address).ok())
        .collect();
    assert!(idle.len() >= 128);
    for mut stream in idle.iter().take(300) {
        let _closed = stream.write_all(b"GET /warrant HTTP/1.1\r\nX-Slow: ");
    }
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let client = vidaio::https::blocking_client()
        .local_address(elsewhere)
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let url = format!("http://{}/warrant", miner.address);
    assert_eq!(
        client.get(&url).send().unwrap().text().unwrap(),
        "{\"track\":\"compression\"}"
    );
    drop(idle);
    let until = Instant::now() + Duration::from_secs(20);
    while get(&url).is_err() {
        assert!(Instant::now() < until, "the address is never served again");
        std::thread::sleep(Duration::from_millis(50));
    }
}
