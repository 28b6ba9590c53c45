//! The artifact exchange: both tasks, every tamper, and what a restart forgets.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::clips;
use super::super::surroundings::{run, vidaio};
use super::process::{Miner, NO_PERMIT, empty, home, key, metagraph, read_soon, write_metagraph};
use super::validator::{Task, nonce, sha256, unix};

fn clip() -> Vec<u8> {
    std::fs::read(clips::reference()).unwrap()
}

fn get(miner: &Miner, path: &str) -> Value {
    let url = format!("http://{}{path}", miner.address);
    serde_json::from_str(&super::process::get(url).unwrap().text().unwrap()).unwrap()
}

/// `vidaio score` of what came back.
fn scored(folder: &std::path::Path, body: &[u8], threshold: &str) -> Value {
    let output = folder.join("answer.mp4");
    std::fs::write(&output, body).unwrap();
    let args = [
        "score",
        "compress",
        "--threshold",
        threshold,
        "--rules",
        "next",
    ];
    let mut command = vidaio(&args);
    command.arg(clips::reference()).arg(&output);
    let ran = run(command.args(["--format", "json"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_compression_comes_back_bound_to_its_request_and_scores_as_predicted() {
    let home = home();
    let miner = Miner::start(home.path(), &[]);
    assert_eq!(get(&miner, "/warrant"), json!({"track": "compression"}));
    // Before the fence nothing is taken, however young.
    let early = Task::compression(&miner, &clip()).sign().send(&miner);
    assert_eq!(
        (early.status, early.code().as_str()),
        (425, "artifact_auth_starting")
    );
    miner.wait_for_fence();

    let body = clip();
    let task = Task::compression(&miner, &body).sign();
    let answer = task.send(&miner);
    task.check(&answer, &miner);
    assert!(answer.body.len() < body.len());
    // The same request again, and another one by the same name after it.
    let again = task.send(&miner);
    assert_eq!(
        (again.status, again.code().as_str()),
        (409, "artifact_replay")
    );

    let scored = scored(home.path(), &answer.body, "85");
    let rounds = Miner::state(home.path()).join("history");
    let round = read_soon(&rounds.join("performance_round_001.json"));
    let round: Value = serde_json::from_str(&round).unwrap();
    assert_eq!(round["s_f"], scored["s_f"]);
    assert_eq!(round["vmaf_score"], scored["vmaf"]);
    assert_eq!(
        (&round["rules"], &round["predicted"]),
        (&json!("next"), &json!(true))
    );
    let told = run(vidaio(&["multipliers"]).arg(&rounds));
    assert_eq!(told.code, 0, "{}", told.stderr);

    // Nothing is left of the work, and the page tells of it.
    let work = Miner::state(home.path()).join("work");
    empty(&work);
    let page = miner.page("/");
    for part in ["delivered", "challenge-", "compression", "well", "next"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let health: Value = serde_json::from_str(&miner.page("/health")).unwrap();
    assert_eq!(health["well"], true, "{health}");
    let numbers = miner.page("/metrics");
    assert!(numbers.contains("vidaio_requests_total"), "{numbers}");
    assert_eq!(miner.end(), 0);
}

#[test]
fn an_enlargement_comes_back_twice_the_size() {
    let home = home();
    let miner = Miner::start(home.path(), &["--warrant", "upscale"]);
    assert_eq!(get(&miner, "/warrant"), json!({"track": "upscaling"}));
    miner.wait_for_fence();
    let body = std::fs::read(clips::half_size()).unwrap();
    let task = Task::new(&miner, "upscaling", &body, json!({"upscale_factor": 2})).sign();
    let answer = task.send(&miner);
    task.check(&answer, &miner);
    let output = home.path().join("large.mp4");
    std::fs::write(&output, &answer.body).unwrap();
    let lint = run(vidaio(&[
        "lint",
        "--no-metrics",
        "--task",
        "upscale",
        "--rules",
        "next",
        "--format",
        "json",
    ])
    .arg(clips::reference())
    .arg(&output));
    let lint: Value = serde_json::from_str(&lint.stdout).unwrap();
    let decided = &lint["decided_by"];
    assert!(decided.is_null(), "{lint}");
    // A factor that nobody enlarges by, and a track that is not this miner's.
    for (track, params, code) in [
        (
            "upscaling",
            json!({"upscale_factor": 3}),
            (422, "bad_params"),
        ),
        ("upscaling", json!({}), (422, "bad_params")),
        ("compression", json!({}), (422, "warrant_track_mismatch")),
    ] {
        let refused = Task::new(&miner, track, &body, params).sign().send(&miner);
        assert_eq!((refused.status, refused.code().as_str()), code);
    }
}

#[test]
fn every_tamper_is_refused_by_its_own_word() {
    let home = home();
    let miner = Miner::start(home.path(), &["--slots", "1"]);
    miner.wait_for_fence();
    let body = clip();
    let task = || Task::compression(&miner, &body);
    let refused = |answer: super::validator::Answer, status: u16, code: &str| {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{}",
            miner.log()
        );
    };
    for (name, status, code) in [
        ("X-Vidaio-Artifact-Version", 400, "invalid_metadata"),
        ("Content-Type", 415, "unsupported_media_type"),
        ("X-Vidaio-Task-Metadata", 400, "invalid_metadata"),
        ("X-Vidaio-Validator-Hotkey", 401, "invalid_signature"),
        ("X-Vidaio-Miner-Hotkey", 401, "invalid_signature"),
        ("X-Vidaio-Request-Timestamp", 401, "invalid_signature"),
        ("X-Vidaio-Request-Nonce", 401, "invalid_signature"),
        ("X-Vidaio-Input-Size", 401, "invalid_signature"),
        ("X-Vidaio-Request-Signature", 401, "invalid_signature"),
    ] {
        refused(task().sign().without(name).send(&miner), status, code);
        let mut doubled = task().sign();
        let value = doubled
            .headers
            .iter()
            .find(|(n, _)| *n == name)
            .unwrap()
            .1
            .clone();
        doubled.headers.push((name, value));
        refused(doubled.send(&miner), status, code);
    }
    let signed = task().sign();
    let capitals = signed.headers[8].1.to_uppercase();
    refused(
        signed
            .with("X-Vidaio-Request-Signature", &capitals)
            .send(&miner),
        401,
        "invalid_signature",
    );
    refused(
        task()
            .sign()
            .with("X-Vidaio-Artifact-Version", "1")
            .send(&miner),
        426,
        "artifact_v2_required",
    );
    refused(
        task().sign().with("X-Vidaio-Input-Size", "1").send(&miner),
        401,
        "invalid_signature",
    );
    refused(
        task()
            .sign()
            .with("X-Vidaio-Request-Nonce", &nonce())
            .send(&miner),
        401,
        "invalid_signature",
    );
    let other = Task {
        miner: key(NO_PERMIT).address(),
        ..task()
    };
    refused(other.sign().send(&miner), 403, "wrong_miner");
    for timestamp in [unix() - 130, unix() + 60] {
        let odd = Task {
            timestamp,
            ..task()
        };
        refused(odd.sign().send(&miner), 401, "expired_signature");
    }
    for seed in [NO_PERMIT, [77; 32]] {
        let stranger = Task {
            signer: key(seed),
            ..task()
        };
        refused(stranger.sign().send(&miner), 403, "unregistered_validator");
    }
    let odd = Task {
        id: "../../etc".into(),
        ..task()
    };
    refused(odd.sign().send(&miner), 422, "invalid_task_id");
    let forged = Task {
        digest: sha256(b"other bytes"),
        ..task()
    };
    refused(forged.sign().send(&miner), 422, "input_digest_mismatch");
    let no_video = Task::compression(&miner, b"this is no video at all");
    refused(no_video.sign().send(&miner), 500, "processing_failed");
    let hurried = Task {
        deadline: 0.6,
        ..task()
    };
    refused(hurried.sign().send(&miner), 504, "deadline_exceeded");
    let codec = Task::new(
        &miner,
        "compression",
        &body,
        json!({"target_codec": "mpeg2"}),
    );
    refused(codec.sign().send(&miner), 422, "bad_params");
    let announced = Task {
        body: Vec::new(),
        digest: sha256(b""),
        ..task()
    };
    refused(announced.sign().send(&miner), 401, "invalid_signature");

    // While one is at work there is no place for another.
    let miner = &miner;
    let mut both = std::thread::scope(|scope| {
        let tasks = [task().sign(), task().sign()];
        let sent = tasks.map(|task| scope.spawn(move || task.send(miner)));
        sent.map(|answer| answer.join().unwrap())
    });
    both.sort_by_key(|answer| answer.status);
    assert_eq!(both[0].status, 200, "{}", miner.log());
    assert_eq!((both[1].status, both[1].code().as_str()), (429, "busy"));

    // A permit that is taken away counts at once, as soon as the view is read again.
    let mut without = metagraph();
    without.neurons[0].validator_permit = Some(false);
    write_metagraph(home.path(), &without);
    let until = Instant::now() + Duration::from_secs(30);
    while task().sign().send(miner).status != 403 {
        assert!(Instant::now() < until, "the permit still counts");
        std::thread::sleep(Duration::from_millis(100));
    }
    let work = Miner::state(home.path()).join("work");
    empty(&work);
}

/// A request as bytes, so that it can be cut and slowed down.
fn raw(miner: &Miner, task: Task, length: usize) -> Vec<u8> {
    let signed = task.sign();
    let mut head = format!(
        "POST /v1/task/artifact HTTP/1.1\r\nHost: {}\r\n",
        miner.address
    );
    for (name, value) in &signed.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {length}\r\n\r\n");
    head.into_bytes()
}

#[test]
fn uploads_that_break_off_leave_nothing_and_cost_no_place() {
    let home = home();
    let miner = Miner::start(home.path(), &["--slots", "1"]);
    miner.wait_for_fence();
    let body = clip();
    let work = Miner::state(home.path()).join("work");
    for _ in 0..3 {
        let mut stream = TcpStream::connect(miner.address).unwrap();
        stream
            .write_all(&raw(&miner, Task::compression(&miner, &body), body.len()))
            .unwrap();
        stream.write_all(&body[..1000]).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        drop(stream);
    }
    // Half a head, nonsense, and a head without an end do no harm either.
    for bytes in [
        &b"POST /v1/ta"[..],
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        &[0xff; 4096],
    ] {
        let mut stream = TcpStream::connect(miner.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        let _either = stream.read(&mut [0; 100]);
    }
    let mut endless = TcpStream::connect(miner.address).unwrap();
    let line = format!("X-Pad: {}\r\n", "y".repeat(8000));
    let _closed =
        endless.write_all(format!("GET /warrant HTTP/1.1\r\n{}", line.repeat(40)).as_bytes());
    empty(&work);
    let task = Task::compression(&miner, &body).sign();
    let answer = task.send(&miner);
    task.check(&answer, &miner);
    assert_eq!(get(&miner, "/warrant"), json!({"track": "compression"}));
}

#[test]
fn a_request_from_before_a_restart_is_not_taken_after_it() {
    let home = home();
    let miner = Miner::start(home.path(), &[]);
    miner.wait_for_fence();
    let body = clip();
    let used = Task::compression(&miner, &body).sign();
    let answer = used.send(&miner);
    used.check(&answer, &miner);
    let unused = Task::compression(&miner, &body).sign();
    miner.kill();
    let miner = Miner::start(home.path(), &[]);
    for task in [&used, &unused] {
        let refused = task.send(&miner);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (425, "artifact_auth_starting")
        );
    }
    miner.wait_for_fence();
    let refused = used.send(&miner);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (425, "artifact_auth_starting")
    );
    let fresh = Task::compression(&miner, &body).sign();
    let answer = fresh.send(&miner);
    fresh.check(&answer, &miner);
}
