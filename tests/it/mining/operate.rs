//! Running a miner: tried beforehand, told to end, told to read its settings anew, and the chain.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::super::clips;
use super::super::node::server::SUBSCRIPTION;
use super::super::node::{Node, State};
use super::super::surroundings::{Ran, run, shared, skip, vidaio};
use super::bucket::Bucket;
use super::dendrite::Call;
use super::process::{MINER, Miner, command, home, key, metagraph};
use super::validator::Task;

fn check(home: &std::path::Path, args: &[&str], variables: &[(&str, String)]) -> (i32, Vec<Value>) {
    let mut command = command(home, args);
    command
        .args(["--check", "--format", "json"])
        .stdout(Stdio::piped());
    let ran = run(command.envs(variables.iter().map(|(n, v)| (*n, v.as_str()))));
    let rows = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran.code, rows)
}

fn state<'a>(rows: &'a [Value], what: &str) -> (&'a str, &'a str) {
    let row = rows.iter().find(|row| row["what"] == what);
    let row = row.unwrap_or_else(|| panic!("{what} is not in {rows:?}"));
    (
        row["state"].as_str().unwrap(),
        row["detail"].as_str().unwrap(),
    )
}

#[test]
fn everything_is_tried_beforehand() {
    let home = home();
    let (code, rows) = check(home.path(), &["--protocol", "both"], &[]);
    assert_eq!(code, 0, "{rows:#?}");
    for what in [
        "wallet",
        "chain",
        "validators",
        "registration",
        "port",
        "admin",
        "state",
        "storage",
        "FFmpeg program",
        "encoders",
    ] {
        assert_eq!(state(&rows, what).0, "ok", "{rows:#?}");
    }
    assert_eq!(state(&rows, "registration").1, "uid 10");
    assert!(state(&rows, "settings").1.ends_with("not there"));
    // A bucket, its files by the names of the published set-up.
    let bucket = Bucket::start(&home.path().join("s3"));
    std::fs::write(
        home.path().join(".env"),
        bucket
            .variables()
            .map(|(n, v)| format!("{n}={v}\n"))
            .concat(),
    )
    .unwrap();
    let (code, rows) = check(home.path(), &["--protocol", "axon"], &[]);
    assert_eq!(code, 0, "{rows:#?}");
    assert!(
        state(&rows, "storage").1.contains("bucket clips"),
        "{rows:#?}"
    );
    assert!(bucket.objects().is_empty());
    let shown = run(vidaio(&["config", "show"]).current_dir(home.path()));
    assert!(
        shown.stdout.contains("BUCKET_NAME") && shown.stdout.contains("(hidden)"),
        "{}",
        shown.stdout
    );
    assert!(!shown.stdout.contains(super::bucket::SECRET));

    // What is missing is said, each in its line, and the code tells.
    let wrong = [("VIDAIO_BUCKET_SECRET_KEY", "wrong".to_owned())];
    let (code, rows) = check(home.path(), &["--protocol", "axon"], &wrong);
    assert_eq!(
        (code, state(&rows, "storage").0),
        (1, "missing"),
        "{rows:#?}"
    );
    let (code, rows) = check(home.path(), &["--hotkey", "nobody"], &[]);
    assert_eq!((code, state(&rows, "wallet").0), (1, "missing"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = taken.local_addr().unwrap().to_string();
    let wrong = [("VIDAIO_ADMIN", admin)];
    let mut command = vidaio(&[
        "mine",
        "--check",
        "--format",
        "json",
        "--offline",
        "--wallet",
        "test",
    ]);
    command
        .args([
            "--metagraph",
            "metagraph.json",
            "--wallet-path",
            "wallets",
            "--state-dir",
            "s",
        ])
        .current_dir(home.path())
        .envs(wrong.map(|(n, v)| (n, v)));
    let rows: Vec<Value> = serde_json::from_str(&run(&mut command).stdout).unwrap();
    assert_eq!(state(&rows, "admin").0, "missing", "{rows:#?}");
    std::fs::write(home.path().join("metagraph.json"), "{}").unwrap();
    let (code, rows) = check(home.path(), &[], &[]);
    assert_eq!((code, state(&rows, "chain").0), (1, "missing"));
}

fn fails(home: &std::path::Path, args: &[&str]) -> Ran {
    run(command(home, args).stdout(Stdio::piped()))
}

#[test]
fn a_disk_that_is_full_costs_the_task_and_not_the_miner() {
    let home = home();
    // No file may grow beyond a megabyte, which is what a full disk looks like to whoever writes.
    let plain = command(home.path(), &[]);
    let mut limited = Command::new("bash");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let miner = Miner::of(limited);
    miner.wait_for_fence();
    let large = Task::compression(&miner, &vec![7; 3 << 20])
        .sign()
        .send(&miner);
    assert_eq!(
        (large.status, large.code().as_str()),
        (500, "processing_failed")
    );
    miner.says("cannot be written down");
    super::process::empty(&Miner::state(home.path()).join("work"));
    let body = std::fs::read(clips::half_size()).unwrap();
    let small = Task::compression(&miner, &body).sign();
    let answer = small.send(&miner);
    small.check(&answer, &miner);
}

#[test]
fn what_it_cannot_begin_with_is_said_with_a_hint() {
    let home = home();
    let miner = Miner::start(home.path(), &[]);
    let again = fails(home.path(), &[]);
    assert_eq!(again.code, 7, "{}", again.stderr);
    assert!(again.stderr.contains("another vidaio mine") && again.stderr.contains("hint:"));
    drop(miner);
    for (args, code, words) in [
        (&["--hotkey", "nobody"][..], 2, "nobody"),
        (&["--protocol", "smtp"], 2, "artifact, axon, both"),
        (
            &["--warrant", "upscale", "--tasks", "compress"],
            2,
            "warrant",
        ),
        (&["--netuid", "1"], 3, "it is of subnet 85, not of 1"),
    ] {
        let failed = fails(home.path(), args);
        assert_eq!(failed.code, code, "{}", failed.stderr);
        assert!(failed.stderr.contains(words), "{}", failed.stderr);
    }
    let state = Miner::state(home.path());
    for log in ["miner.sqlite-wal", "miner.sqlite-shm"] {
        let _not_there = std::fs::remove_file(state.join(log));
    }
    std::fs::write(state.join("miner.sqlite"), [7; 8192]).unwrap();
    let damaged = fails(home.path(), &[]);
    assert_eq!(damaged.code, 7, "{}", damaged.stderr);
    assert!(
        damaged.stderr.contains("not a database"),
        "{}",
        damaged.stderr
    );
    assert!(
        damaged.stderr.contains("move it away"),
        "{}",
        damaged.stderr
    );
    std::fs::write(home.path().join("metagraph.json"), "[]").unwrap();
    assert_eq!(fails(home.path(), &[]).code, 3);
    let alone = run(&mut vidaio(&["mine", "--offline"]));
    assert_eq!(alone.code, 2);
}

#[test]
fn told_to_end_it_finishes_what_is_under_way() {
    let home = home();
    let miner = Miner::start(home.path(), &[]);
    miner.wait_for_fence();
    let body = std::fs::read(clips::reference()).unwrap();
    let task = Task::compression(&miner, &body).sign();
    let answer = std::thread::scope(|scope| {
        let asking = scope.spawn(|| task.send(&miner));
        std::thread::sleep(Duration::from_millis(500));
        miner.signal(Signal::TERM);
        asking.join().unwrap()
    });
    task.check(&answer, &miner);
    miner.says("ending");
    // By the first word alone.
    assert_eq!(miner.ended(), 0);
}

#[test]
fn told_twice_it_ends_at_once() {
    let home = home();
    let mut command = command(home.path(), &["--protocol", "axon"]);
    command.env("VIDAIO_FETCH_PRIVATE", "yes");
    let miner = Miner::of(command);
    let site = super::sites::Site::start(vec![0; 5000]);
    let payload = json!({"reference_video_url": site.url("/slow")});
    let job = Call::new(
        &miner,
        "VideoUpscalingJobProtocol",
        json!({"job_id": "j", "miner_payload": payload}),
    );
    assert_eq!(job.send(&miner).body["job_response"]["accepted"], true);
    let until = Instant::now() + Duration::from_secs(20);
    while site.asked() == 0 {
        assert!(Instant::now() < until, "it never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    miner.signal(Signal::TERM);
    miner.says("ending");
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    assert_eq!(miner.end(), 0);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn settings_are_read_anew_when_it_is_told_to() {
    let home = home();
    std::fs::write(
        home.path().join("vidaio.toml"),
        "content_length = 5\nprotocol = \"axon\"\n",
    )
    .unwrap();
    let miner = Miner::start(home.path(), &[]);
    let length = |miner: &Miner| {
        let reply = Call::new(miner, "LengthCheckProtocol", json!({})).send(miner);
        reply.body["max_content_length"].clone()
    };
    assert_eq!(length(&miner), 5);
    std::fs::write(
        home.path().join("vidaio.toml"),
        "content_length = 10\nwarrant = \"upscale\"\n",
    )
    .unwrap();
    miner.signal(Signal::HUP);
    miner.says("settings were read anew");
    assert_eq!(length(&miner), 10);
    miner.says("the warrant stays");
    std::fs::write(home.path().join("vidaio.toml"), "content_length = 7\n").unwrap();
    miner.signal(Signal::HUP);
    miner.says("settings stay as they were");
    std::fs::write(home.path().join("vidaio.toml"), "rules = \"nxet\"\n").unwrap();
    miner.signal(Signal::HUP);
    miner.says("nxet");
    assert_eq!(length(&miner), 10);
    assert_eq!(miner.end(), 0);
}

/// A chain of the real runtime which notes what it is told, and answers as it is told to.
fn chain(
    test: &str,
    answer: &'static str,
) -> Option<(Node, std::sync::Arc<std::sync::Mutex<Vec<String>>>)> {
    let path = shared(test)?.join("chain/finney_spec393.scale");
    let Ok(bytes) = std::fs::read(path) else {
        skip(test, "the real chain's metadata is not in ../shared");
        return None;
    };
    let state = State::of_metadata(bytes, 393, metagraph());
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = std::sync::Arc::clone(&told);
    let node = Node::start(move |method, params| match (method, params[0].as_str()) {
        ("state_call", Some("AccountNonceApi_account_nonce")) => Ok("0x00000000".into()),
        ("state_call", Some("TaggedTransactionQueue_validate_transaction")) => Ok(answer.into()),
        ("author_submitAndWatchExtrinsic", Some(hex)) => {
            kept.lock().unwrap().push(hex.to_owned());
            Ok(SUBSCRIPTION.into())
        }
        ("author_unwatchExtrinsic", _) => Ok(true.into()),
        _ => state.call(method, params),
    });
    Some((node, told))
}

fn online(home: &std::path::Path, node: &Node, ip: &str) -> Command {
    let mut command = vidaio(&["mine", "--wallet", "test", "--wallet-path", "wallets"]);
    command
        .args([
            "--network",
            &node.url(),
            "--external-ip",
            ip,
            "--axon-port",
            "0",
        ])
        .args([
            "--admin",
            "127.0.0.1:0",
            "--log-format",
            "json",
            "--state-dir",
            "state",
        ])
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

#[test]
fn the_chain_is_told_where_it_serves_and_refuses_in_words() {
    let test = "mining::operate::the_chain_is_told_where_it_serves_and_refuses_in_words";
    // Valid: priority, nothing required or provided, longevity, propagate.
    let valid = "0x0000000000000000000000400000000000000001";
    let Some((node, told)) = chain(test, valid) else {
        return;
    };
    let home = home();
    let miner = Miner::of(online(home.path(), &node, "203.0.113.7"));
    miner.says("the chain was told 203.0.113.7:");
    let said = told.lock().unwrap()[0].clone();
    // Signed by the hotkey (V4, sr25519), and the call at its end: module 7, call 4, subnet 85, version 1,
    // the address as one number, the port, IPv4, protocol 4, nothing.
    let account = hex::encode(key(MINER).address().public_key());
    assert!(said.contains(&format!("8400{account}01")), "{said}");
    let port = miner.address.port().to_le_bytes();
    let ip = u128::from(u32::from(std::net::Ipv4Addr::new(203, 0, 113, 7)));
    let call = [
        &[7, 4][..],
        &85_u16.to_le_bytes(),
        &1_u32.to_le_bytes(),
        &ip.to_le_bytes(),
        &port,
        &[4, 4, 0, 0],
    ]
    .concat();
    assert_eq!(call.len(), 30);
    assert!(said.ends_with(&hex::encode(call)), "{said}");
    // Its validators are those of the chain: eight, and the one in forty miners that has a permit.
    assert!(
        miner.page("/health").contains("9 permits"),
        "{}",
        miner.page("/health")
    );
    // The chain goes away: the miner stays, says so, and goes by what it knew for its five minutes.
    drop(node);
    let until = Instant::now() + Duration::from_secs(120);
    while !miner.page("/health").contains("the last read failed") {
        assert!(
            Instant::now() < until,
            "it does not see that the chain is away"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(miner.page("/health").starts_with("{\"well\":true"));
    assert_eq!(miner.end(), 0);

    // Refused: invalid, of the runtime's own kinds the twelfth.
    let Some((node, told)) = chain(test, "0x0100070c") else {
        return;
    };
    let miner = Miner::of(online(home.path(), &node, "203.0.113.7"));
    miner.says("less than 50 blocks");
    assert!(told.lock().unwrap().is_empty());
    drop(miner);
    // What the chain or validators would have nothing of is not even asked.
    let miner = Miner::of(online(home.path(), &node, "192.168.1.5"));
    miner.says("is not said on the chain");
}
