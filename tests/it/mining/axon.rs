//! The axon: every class in both of its forms, and every caller that is not heard.

use serde_json::{Value, json};

use super::super::clips;
use super::super::surroundings::{run, vidaio};
use super::dendrite::{Call, Reply, nanos, send};
use super::process::{Miner, NO_PERMIT, SMALL, get, home, key};
use super::sites::Site;

fn begin(home: &std::path::Path, args: &[&str]) -> Miner {
    let mut command = super::process::command(home, &["--protocol", "axon"]);
    command.args(args).env("VIDAIO_FETCH_PRIVATE", "yes");
    Miner::of(command)
}

fn site() -> Site {
    Site::start(std::fs::read(clips::reference()).unwrap())
}

fn ok(reply: &Reply, miner: &Miner) -> Value {
    assert_eq!(reply.status, 200, "{reply:?}\n{}", miner.log());
    assert_eq!(reply.headers["bt_header_axon_status_code"], "200");
    assert_eq!(
        reply.headers["bt_header_axon_hotkey"],
        miner.hotkey.to_string()
    );
    assert_eq!(reply.body["axon"]["status_code"], 200);
    assert_eq!(reply.body["axon"]["hotkey"], miner.hotkey.to_string());
    assert!(reply.body["dendrite"].is_object());
    reply.body.clone()
}

#[test]
fn every_class_is_answered_whole_and_at_once() {
    let home = home();
    let miner = begin(
        home.path(),
        &["--warrant", "upscale", "--content-length", "10"],
    );
    let version = json!({"major": 2, "minor": 3, "patch": 0});
    let ask =
        |class: &str, fields: Value| ok(&Call::new(&miner, class, fields).send(&miner), &miner);

    let warrant = ask(
        "TaskWarrantProtocol",
        json!({"version": version, "warrant_task": null}),
    );
    assert_eq!(
        (&warrant["warrant_task"], &warrant["version"]),
        (&json!(2), &version)
    );
    let length = ask(
        "LengthCheckProtocol",
        json!({"version": version, "max_content_length": 5}),
    );
    assert_eq!(length["max_content_length"], 10);
    let ping = ask("Synapse", json!({"unknown": {"a": [1, 2.5]}}));
    assert_eq!(ping["unknown"], json!({"a": [1, 2.5]}));
    let invited = ask(
        "CompetitionInvitationProtocol",
        json!({"competition_id": "c-1", "invitation_nonce": "n".repeat(32), "minimum_alpha_stake": 10.0}),
    );
    assert_eq!(
        invited["invitation_response"],
        json!({"competition_id": "c-1", "echo_nonce": "n".repeat(32), "participating": false,
            "supported_competition_type": null, "refusal_reason": "not participating"})
    );
    let entry = ask(
        "CompetitionSubmissionProtocol",
        json!({"competition_id": "c-1", "request_nonce": "m".repeat(32)}),
    );
    assert_eq!(entry["submission_response"]["status"], "NOT_READY");
    assert_eq!(entry["submission_response"]["echo_nonce"], "m".repeat(32));

    // Without the fields that every body has, the answer has them all the same.
    let call = Call::new(&miner, "TaskWarrantProtocol", json!({}));
    let bare = ok(
        &send(&miner, &call.class, &call.headers(&miner), b"{}".to_vec()),
        &miner,
    );
    assert_eq!(bare["dendrite"]["nonce"], call.nonce);
    assert_eq!(bare["timeout"], 60.0);
    // A poll of a job that nobody began.
    let unknown = ask("VideoUpscalingPollProtocol", json!({"job_id": "none"}));
    assert_eq!(unknown["poll_response"]["status"], "failed");
    assert_eq!(miner.end(), 0);
}

#[test]
fn callers_that_are_not_proven_or_may_not_ask_are_refused() {
    let home = home();
    let miner = begin(home.path(), &[]);
    let call = || Call::new(&miner, "TaskWarrantProtocol", json!({}));
    let refused = |reply: Reply, status: u16, words: &str| {
        assert_eq!(reply.status, status, "{reply:?}");
        let message = reply.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{words:?} is not in {message:?}");
        assert_eq!(
            reply.headers["bt_header_axon_status_code"],
            status.to_string()
        );
        assert_eq!(reply.headers["bt_header_axon_status_message"], message);
    };
    let tampered = |name: &str, value: Option<&str>| {
        let call = call();
        let mut headers = call.headers(&miner);
        match value {
            Some(value) => headers.iter_mut().find(|(n, _)| *n == name).unwrap().1 = value.into(),
            None => headers.retain(|(n, _)| *n != name),
        }
        send(
            &miner,
            &call.class,
            &headers,
            call.full_body(&miner).to_string().into_bytes(),
        )
    };
    let signature = "bt_header_dendrite_signature";
    refused(tampered(signature, None), 401, "Missing Signature");
    refused(tampered(signature, Some("")), 401, "Missing Signature");
    refused(tampered(signature, Some("0x00")), 401, "Invalid SR25519");
    refused(
        tampered(signature, Some(&"0".repeat(128))),
        401,
        "Invalid signature format",
    );
    refused(
        tampered(signature, Some(&format!("0x{}", "0".repeat(128)))),
        401,
        "mismatch",
    );
    refused(
        tampered("bt_header_dendrite_nonce", None),
        401,
        "Missing Nonce",
    );
    refused(
        tampered("bt_header_dendrite_nonce", Some("7")),
        401,
        "mismatch",
    );
    refused(
        tampered("bt_header_dendrite_nonce", Some("x")),
        400,
        "whole number",
    );
    refused(tampered("bt_header_dendrite_uuid", None), 401, "mismatch");
    refused(
        tampered("bt_header_dendrite_hotkey", None),
        401,
        "no address",
    );
    refused(
        tampered("bt_header_dendrite_hotkey", Some("5Gxx")),
        401,
        "no address",
    );
    refused(
        tampered("computed_body_hash", Some(&"0".repeat(64))),
        401,
        "mismatch",
    );
    refused(tampered("timeout", Some("None")), 400, "no number");
    refused(
        tampered("bt_header_axon_port", Some("many")),
        400,
        "whole number",
    );
    // Headers that are not signed and not needed.
    for name in [
        "timeout",
        "name",
        "bt_header_dendrite_version",
        "bt_header_axon_hotkey",
    ] {
        assert_eq!(tampered(name, None).status, 200, "{name}");
    }
    let of = |change: &dyn Fn(&mut Call)| {
        let mut call = call();
        change(&mut call);
        call.send(&miner)
    };
    refused(
        of(&|c| c.receiver = key(SMALL).address().to_string()),
        401,
        "mismatch",
    );
    refused(of(&|c| c.nonce -= 65_000_000_000), 401, "too old");
    assert_eq!(of(&|c| c.nonce -= 60_000_000_000).status, 200);
    refused(of(&|c| c.nonce += 3_600_000_000_000), 401, "ahead");
    // The timeout is not signed: it cannot make an old nonce young beyond ten minutes.
    refused(
        of(&|c| {
            c.timeout = 86_400.0;
            c.nonce -= 3_600_000_000_000;
        }),
        401,
        "too old",
    );
    refused(
        of(&|c| c.signer = key([77; 32])),
        403,
        "Unrecognized hotkey",
    );
    refused(
        of(&|c| c.signer = key(NO_PERMIT)),
        403,
        "Non-validator hotkey",
    );
    // Proof comes first, whoever it claims to be.
    let stranger = Call {
        signer: key(NO_PERMIT),
        ..call()
    };
    let mut headers = stranger.headers(&miner);
    headers.retain(|(n, _)| *n != signature);
    refused(
        send(&miner, &stranger.class, &headers, b"{}".to_vec()),
        401,
        "Missing Signature",
    );

    // Bodies: cut, no object, of the wrong kind, too large, of another type.
    for (body, status) in [
        (&b""[..], 400),
        (b"{not json", 400),
        (b"[1,2,3]", 400),
        (b"{\"timeout\":\"soon\"}", 400),
        (b"{\"dendrite\":null}", 400),
        (b"{\"axon\":7}", 400),
        (&vec![b' '; 2 << 20], 413),
        (&[b"[".repeat(200_000)].concat(), 400),
    ] {
        let call = call();
        let reply = send(&miner, &call.class, &call.headers(&miner), body.to_vec());
        refused(reply, status, "");
    }
    // Routes.
    for route in ["NoSuchProtocol", "taskwarrantprotocol", "", "openapi.json"] {
        let call = call();
        refused(
            send(&miner, route, &call.headers(&miner), b"{}".to_vec()),
            404,
            "not found",
        );
    }
    let doubled = call();
    let mut headers = doubled.headers(&miner);
    headers.push(("bt_header_dendrite_nonce", doubled.nonce.to_string()));
    refused(
        send(&miner, &doubled.class, &headers, b"{}".to_vec()),
        400,
        "twice",
    );
    let pad = [("x-pad", "y".repeat(80_000))];
    let call = call();
    let headers = [call.headers(&miner), pad.to_vec()].concat();
    assert_eq!(
        send(&miner, &call.class, &headers, b"{}".to_vec()).status,
        400
    );
}

#[test]
fn nonces_are_used_once_over_restarts_too() {
    let home = home();
    let miner = begin(home.path(), &[]);
    let call = Call::new(&miner, "LengthCheckProtocol", json!({}));
    assert_eq!(call.send(&miner).status, 200);
    let replayed = |miner: &Miner, call: &Call| {
        let reply = call.send(miner);
        assert_eq!(reply.status, 401, "{reply:?}");
        assert!(
            reply.body["message"]
                .as_str()
                .unwrap()
                .contains("a newer one")
        );
    };
    replayed(&miner, &call);
    let mut lower = Call::new(&miner, "LengthCheckProtocol", json!({}));
    lower.uuid = call.uuid.clone();
    lower.nonce = call.nonce - 1_000_000;
    replayed(&miner, &lower);
    // Killed, so that nothing could be written down at the end.
    miner.kill();
    let miner = begin(home.path(), &[]);
    replayed(&miner, &call);
    replayed(&miner, &lower);
    lower.nonce = nanos();
    assert_eq!(lower.send(&miner).status, 200);
}

#[test]
fn callers_with_less_stake_than_asked_for_are_refused() {
    let home = home();
    let miner = {
        let mut command = super::process::command(home.path(), &["--protocol", "axon"]);
        command.env("VIDAIO_LEAST_STAKE", "100");
        Miner::of(command)
    };
    let mut call = Call::new(&miner, "TaskWarrantProtocol", json!({}));
    assert_eq!(call.send(&miner).status, 200);
    call.signer = key(SMALL);
    let reply = call.send(&miner);
    assert_eq!(reply.status, 403);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("Stake below")
    );
}

#[test]
fn a_bundle_is_compressed_in_order_and_its_result_scores_as_predicted() {
    let home = home();
    let miner = begin(home.path(), &["--rules", "2026-08-18"]);
    let site = site();
    let payload = json!({
        "reference_video_urls": [site.url("/clip.mp4"), site.url("/missing"), site.url("/redirect")],
        "reference_video_url": site.url("/clip.mp4"),
        "vmaf_threshold": 85.0, "vmaf_thresholds": [85.0], "target_codec": "hevc", "target_codecs": [],
        "codec_mode": "CRF", "codec_modes": [], "target_bitrate": 8.5, "target_bitrates": [],
    });
    let mut call = Call::new(
        &miner,
        "VideoCompressionProtocol",
        json!({"round_id": "r-1", "miner_payload": payload,
            "miner_response": {"optimized_video_urls": [], "optimized_video_url": ""}}),
    );
    call.timeout = 90.0;
    let reply = ok(&call.send(&miner), &miner);
    assert_eq!(reply["round_id"], "r-1");
    assert_eq!(reply["miner_payload"], payload);
    let urls = reply["miner_response"]["optimized_video_urls"]
        .as_array()
        .unwrap();
    assert_eq!(urls.len(), 3);
    assert_eq!(urls[1], "", "a failed one is empty at its place");
    assert_eq!(reply["miner_response"]["optimized_video_url"], urls[0]);
    for (at, url) in [(0, &urls[0]), (2, &urls[2])] {
        let url = url.as_str().unwrap();
        assert!(url.len() > 10, "{urls:?}: {}", miner.log());
        let answer = get(url).unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let output = home.path().join(format!("{at}.mp4"));
        std::fs::write(&output, answer.bytes().unwrap()).unwrap();
        let mut command = vidaio(&["score", "compress", "--threshold", "85", "--codec", "hevc"]);
        command.args([
            "--rules",
            "2026-08-18",
            "--frames",
            "all",
            "--format",
            "json",
        ]);
        let ran = run(command.arg(clips::reference()).arg(&output));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let scored: Value = serde_json::from_str(&ran.stdout).unwrap();
        let s_f = scored["s_f"].to_string();
        let history = Miner::state(home.path()).join("history");
        let rounds: Vec<String> = std::fs::read_dir(history)
            .unwrap()
            .flatten()
            .filter_map(|e| std::fs::read_to_string(e.path()).ok())
            .collect();
        assert!(rounds.iter().any(|r| r.contains(&s_f)), "{s_f}: {rounds:?}");
        // Altered, a link is worth nothing.
        let other = url.replace("expires=", "expires=1");
        assert_eq!(get(other).unwrap().status().as_u16(), 403);
    }
    // The old form: one address, one answer, and no list.
    let mut old = Call::new(
        &miner,
        "VideoCompressionProtocol",
        json!({"miner_payload": {"reference_video_url": site.url("/cut"), "vmaf_threshold": 85.0},
            "miner_response": {"optimized_video_url": ""}}),
    );
    old.timeout = 90.0;
    let reply = ok(&old.send(&miner), &miner);
    let response = reply["miner_response"].as_object().unwrap();
    assert_eq!(response.len(), 1);
    assert!(
        response["optimized_video_url"].as_str().unwrap().len() > 10,
        "{}",
        miner.log()
    );
}

#[test]
fn inputs_that_cannot_be_had_give_empty_answers_and_say_why() {
    let home = home();
    let mut command = super::process::command(home.path(), &["--protocol", "axon"]);
    command
        .env("VIDAIO_FETCH_PRIVATE", "yes")
        .env("VIDAIO_FETCH_LIMIT", "1");
    let miner = Miner::of(command);
    let site = Site::start(vec![7; 2 << 20]);
    let ask = |url: String, timeout: f64| {
        let payload = json!({"reference_video_url": url, "vmaf_threshold": 85.0});
        let mut call = Call::new(
            &miner,
            "VideoCompressionProtocol",
            json!({"miner_payload": payload}),
        );
        call.timeout = timeout;
        let reply = ok(&call.send(&miner), &miner);
        assert_eq!(reply["miner_response"]["optimized_video_url"], "");
    };
    for (url, why) in [
        (site.url("/empty"), "empty"),
        (site.url("/huge"), "larger than"),
        (site.url("/clip.mp4"), "larger than"),
        (site.url("/missing"), "404"),
        (site.url("/round"), "redirects"),
        (site.url("/text"), "ideo"),
        ("file:///etc/passwd".into(), "no http"),
        ("ftp://127.0.0.1/x".into(), "no http"),
        ("nonsense".into(), "no http"),
        // A resolver that is slow to say no would hold the answer back for seconds.
        (
            "https://media.invalid/a.mp4".into(),
            "media.invalid: the name is reserved",
        ),
        (
            site.url("/nowhere"),
            "nowhere.invalid: the name is reserved",
        ),
    ] {
        ask(url, 30.0);
        miner.says(why);
    }
    ask(site.url("/slow"), 3.0);
    // Still there.
    let warrant = Call::new(&miner, "TaskWarrantProtocol", json!({})).send(&miner);
    assert_eq!(warrant.status, 200);
    let work = Miner::state(home.path()).join("work");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::fs::read_dir(&work).unwrap().count() > 0 {
        assert!(std::time::Instant::now() < until, "something is left");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn nothing_is_fetched_from_private_addresses_unless_that_is_wanted() {
    let home = home();
    let miner = Miner::start(home.path(), &["--protocol", "axon"]);
    let site = site();
    let mut urls = vec![site.url("/clip.mp4"), site.url("/away")];
    let port = site.address.port();
    urls.push(format!("http://localhost:{port}/clip.mp4"));
    urls.push(format!("http://[::ffff:127.0.0.1]:{port}/clip.mp4"));
    urls.push(format!("http://2130706433:{port}/clip.mp4"));
    let payload = json!({"reference_video_urls": urls});
    let call = Call::new(
        &miner,
        "VideoUpscalingProtocol",
        json!({"miner_payload": payload}),
    );
    let reply = ok(&call.send(&miner), &miner);
    assert_eq!(reply["miner_response"]["optimized_video_url"], "");
    assert_eq!(site.asked(), 0, "{}", miner.log());
    miner.says("private or local");
}
