//! The parts that need no process: vectors of the network's own client, who waits for whom, and parsers
//! that are given everything.

use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use vidaio::address::Address;
use vidaio::config::{Layers, MineSettings, read_environment_file};
use vidaio::domain::{Codec, RateControl, Task};
use vidaio::miner::artifact::{TaskMetadata, Track, canonical_json, work_of};
use vidaio::miner::axon::{Admission, AdmissionRules, AxonHeaders, NonceMemory, Synapse, media};
use vidaio::miner::tasks::{Scale, Slots, Work};
use vidaio::miner::{Headers, PermitView};
use vidaio::subnet::Alpha;

use super::process::metagraph;

#[derive(Deserialize)]
struct Vectors {
    nonce: u64,
    uuid: String,
    caller: Address,
    axon: Address,
    body_hash: String,
    good: Vec<String>,
    bad: String,
    windows: Vec<Window>,
}

#[derive(Deserialize)]
struct Window {
    timeout: f64,
    oldest: u64,
}

fn vectors() -> Vectors {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/axon.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn head(v: &Vectors, signature: &str, timeout: f64) -> AxonHeaders {
    AxonHeaders {
        nonce: Some(v.nonce),
        hotkey: Some(v.caller.to_string()),
        uuid: Some(v.uuid.clone()),
        signature: Some(signature.to_owned()),
        timeout: Some(timeout),
        body_hash: Some(v.body_hash.clone()),
        ..AxonHeaders::default()
    }
}

const ANYBODY: AdmissionRules<'static> = AdmissionRules {
    least_stake: Alpha::from_rao(0),
    owner: None,
};

#[test]
fn requests_that_the_networks_own_client_signed_are_let_in_within_their_window() {
    let v = vectors();
    let mut subnet = metagraph();
    subnet.neurons[0].hotkey = v.caller;
    let seconds = v.nonce as f64 / 1e9;
    let view = PermitView::new(&subnet, seconds);
    let admit = |headers: &AxonHeaders, now: u64| {
        let gate = Admission::new(v.axon, NonceMemory::default());
        gate.admit(headers, Some(&view), ANYBODY, now)
    };
    for signature in &v.good {
        let caller = admit(&head(&v, signature, 12.0), v.nonce).unwrap();
        assert_eq!(caller.hotkey, v.caller);
    }
    assert_eq!(
        admit(&head(&v, &v.bad, 12.0), v.nonce).unwrap_err().status,
        401
    );
    let elsewhere = Admission::new(v.caller, NonceMemory::default());
    let other = elsewhere.admit(&head(&v, &v.good[0], 12.0), Some(&view), ANYBODY, v.nonce);
    assert_eq!(other.unwrap_err().status, 401);
    // A double has 300 of these nanoseconds between two numbers, so the edge is tried a microsecond off.
    for window in &v.windows {
        let headers = head(&v, &v.good[0], window.timeout);
        let edge = v.nonce + window.oldest;
        assert!(admit(&headers, edge - 1000).is_ok(), "{}", window.timeout);
        assert_eq!(admit(&headers, edge + 1000).unwrap_err().status, 401);
    }
    assert!(admit(&head(&v, &v.good[0], 12.0), v.nonce - 4_900_000_000).is_ok());
    assert_eq!(
        admit(&head(&v, &v.good[0], 12.0), v.nonce - 5_100_000_000)
            .unwrap_err()
            .status,
        401
    );
    // Whoever may not ask takes no room: keys cost nothing.
    let gate = Admission::new(v.axon, NonceMemory::default());
    let nobody = PermitView::new(&metagraph(), seconds);
    let refused = gate.admit(&head(&v, &v.good[0], 12.0), Some(&nobody), ANYBODY, v.nonce);
    assert_eq!((refused.unwrap_err().status, gate.memory().len()), (403, 0));
    // A view that is too old tells nothing of anybody.
    let gate = Admission::new(v.axon, NonceMemory::default());
    let old = PermitView::new(&subnet, seconds - 301.0);
    let refused = gate.admit(&head(&v, &v.good[0], 12.0), Some(&old), ANYBODY, v.nonce);
    assert_eq!(refused.unwrap_err().status, 503);
}

#[test]
fn signatures_are_verified_while_the_memory_of_nonces_is_locked() {
    let v = vectors();
    let gate = Admission::new(v.axon, NonceMemory::default());
    let forged = head(&v, &v.bad, 12.0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let locked = gate.memory();
        let (gate, forged, now) = (&gate, &forged, v.nonce);
        scope.spawn(move || {
            let _received = sender.send(gate.admit(forged, None, ANYBODY, now));
        });
        let refused = receiver.recv_timeout(Duration::from_secs(60));
        drop(locked);
        let refused = refused.expect("the signature waits for the lock");
        assert_eq!(refused.unwrap_err().status, 401);
    });
}

#[test]
fn the_memory_of_nonces_is_bounded_for_one_and_for_all() {
    let second = 1_000_000_000;
    let now = 1_800_000_000 * second;
    let mut memory = NonceMemory::default();
    for client in 0..256 {
        memory.claim("a", &client.to_string(), now, now).unwrap();
    }
    assert!(memory.claim("a", "one more", now, now).is_err());
    assert!(memory.claim("a", "7", now, now).is_err(), "used");
    memory.claim("a", "7", now + 1, now).unwrap();
    memory.claim("b", "x", now, now).unwrap();
    // What could not be used again makes room; nothing else does.
    assert!(
        memory
            .claim("a", "one more", now + 600 * second, now + 600 * second)
            .is_err()
    );
    memory
        .claim("a", "one more", now + 606 * second, now + 606 * second)
        .unwrap();
    let mut many = NonceMemory::default();
    for hotkey in 0..10_000 {
        many.claim(&hotkey.to_string(), "x", now, now).unwrap();
    }
    assert!(many.claim("somebody", "x", now, now).is_err());
    assert_eq!(many.len(), 10_000);
}

#[test]
fn who_has_more_stake_is_served_first_and_nobody_waits_where_too_many_do() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let slots = Slots::new(1, 3);
        let first = slots.enter(0).await.unwrap();
        assert!(slots.try_enter().is_err());
        let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
        for stake in [5, 50, 20] {
            let (slots, told) = (slots.clone(), told.clone());
            tokio::spawn(async move {
                let _slot = slots.enter(stake).await.unwrap();
                told.send(stake).unwrap();
            });
            tokio::task::yield_now().await;
        }
        assert_eq!(slots.load(), (1, 3));
        assert!(
            slots.enter(1000).await.is_err(),
            "at once, whatever it holds"
        );
        drop(first);
        let mut served = Vec::new();
        for _ in 0..3 {
            served.push(order.recv().await.unwrap());
        }
        assert_eq!(served, [50, 20, 5]);
        // Who gives up takes no place with it.
        let held = slots.enter(0).await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(20), slots.enter(9)).await;
        assert!(waiting.is_err());
        drop(held);
        tokio::task::yield_now().await;
        assert_eq!(slots.load(), (0, 0));
        assert!(slots.try_enter().is_ok());
    });
}

fn task(track: &str, params: &Value) -> TaskMetadata {
    use base64::Engine as _;
    let text =
        json!({"task_id": "a", "track": track, "input_digest": "5e".repeat(32), "params": params});
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text.to_string());
    TaskMetadata::from_header(&header).unwrap()
}

#[test]
fn parameters_of_a_task_become_work() {
    let of = |params: Value| work_of(Track::Compression, &task("compression", &params));
    let compress = |threshold, codec, mode| {
        Ok(Work::Compress {
            threshold,
            codec,
            mode,
        })
    };
    assert_eq!(of(json!({})), compress(None, Codec::Av1, RateControl::Crf));
    let customer = json!({"target_codec": "H.265", "codec_mode": "VBR", "target_bitrate": 8_000_000,
        "compression_type": "medium"});
    assert_eq!(
        of(customer),
        compress(Some(89.0), Codec::Hevc, RateControl::Vbr(8.0))
    );
    let told = json!({"vmaf_threshold": "85.5", "codec_mode": "vbr"});
    assert_eq!(of(told), compress(Some(85.5), Codec::Av1, RateControl::Crf));
    for bad in [
        json!({"target_codec": "mpeg2"}),
        json!({"codec_mode": "ABR"}),
        json!({"codec_mode": "VBR", "target_bitrate": 6e8}),
        json!({"compression_type": "Best"}),
        json!({"vmaf_threshold": 100}),
        json!({"vmaf_threshold": 0}),
    ] {
        assert!(of(bad.clone()).is_err(), "{bad}");
    }
    let up = |params: Value| work_of(Track::Upscaling, &task("upscaling", &params));
    let size = Some((1922, 1080));
    let sized = json!({"upscale_factor": "2", "target_width": 1922, "target_height": 1080.0});
    assert_eq!(
        up(sized),
        Ok(Work::Upscale {
            scale: Scale::Two,
            size
        })
    );
    for bad in [
        json!({"upscale_factor": 3}),
        json!({"upscale_factor": 2, "target_width": 1922}),
        json!({"upscale_factor": 2, "target_width": "wide", "target_height": 1080}),
    ] {
        assert!(up(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn lists_of_a_bundle_may_be_shorter_than_the_bundle() {
    let payload = json!({"reference_video_urls": ["a", "b", "c"], "vmaf_threshold": 93.0,
        "vmaf_thresholds": [85.0], "target_codecs": ["av1", "hevc"], "codec_mode": "VBR",
        "codec_modes": ["CRF"], "target_bitrate": 5.0, "target_bitrates": [8.0]});
    let body = json!({"miner_payload": payload}).to_string();
    let all = media(&Synapse::read(body.as_bytes()).unwrap(), Task::Compress).unwrap();
    let works: Vec<Work> = all.into_iter().map(|a| a.work.unwrap()).collect();
    let of = |threshold, codec, mode| Work::Compress {
        threshold: Some(threshold),
        codec,
        mode,
    };
    assert_eq!(
        works,
        [
            of(85.0, Codec::Av1, RateControl::Crf),
            of(93.0, Codec::Hevc, RateControl::Vbr(5.0)),
            of(93.0, Codec::Av1, RateControl::Vbr(5.0)),
        ]
    );
    let payload =
        json!({"reference_video_urls": ["a", "b", "c"], "task_types": ["SD2HD", "SD24K"]});
    let body = json!({"miner_payload": payload}).to_string();
    let all = media(&Synapse::read(body.as_bytes()).unwrap(), Task::Upscale).unwrap();
    let scales: Vec<Work> = all.into_iter().map(|a| a.work.unwrap()).collect();
    let of = |scale| Work::Upscale { scale, size: None };
    assert_eq!(scales, [of(Scale::Two), of(Scale::Four), of(Scale::Four)]);
}

#[test]
fn published_variables_are_settings_and_ours_win() {
    let text = "BUCKET_TYPE=backblaze\nBUCKET_NAME='clips'\nBUCKET_COMPATIBLE_SECRET_KEY=hush\n\
                BATCH_SIZE=4\nVIDAIO_FFMPEG=/tmp/evil\nUNKNOWN=1\n";
    let (variables, bad) = read_environment_file(text);
    assert!(bad.is_empty());
    let mut layers = Layers::default();
    let left = layers.environment_file(std::path::Path::new("/x/.env"), variables);
    assert_eq!(left, ["VIDAIO_FFMPEG"]);
    let origin = |layers: &Layers, key: &str| {
        let found = layers.iter().find(|(k, ..)| *k == key).unwrap();
        (found.1.to_owned(), found.2.to_string())
    };
    assert_eq!(
        origin(&layers, "bucket_name"),
        ("clips".into(), "/x/.env BUCKET_NAME".into())
    );
    layers.environment(
        [
            ("VIDAIO_BUCKET_NAME".to_owned(), "ours".to_owned()),
            ("BUCKET_NAME".to_owned(), "theirs".to_owned()),
        ]
        .into_iter(),
    );
    assert_eq!(
        origin(&layers, "bucket_name"),
        ("ours".into(), "environment VIDAIO_BUCKET_NAME".into())
    );
    let mine = MineSettings::resolve(&layers).unwrap();
    assert_eq!(
        (mine.frames.batch_size, mine.bucket_secret_key.as_deref()),
        (4, Some("hush"))
    );
    assert!(!format!("{mine:?}").contains("hush"));
    for (key, value) in [
        ("protocol", "smtp"),
        ("axon_port", "70000"),
        ("tasks", "sing"),
        ("warrant", "dance"),
        ("content_length", "7"),
        ("admin", "everywhere"),
        ("slots", "0"),
        ("link_life", "604801"),
        ("link_life", "0"),
        ("least_stake", "-1"),
        ("external_ip", "example.org"),
        ("fetch_private", "perhaps"),
        ("log_format", "xml"),
        ("bucket_type", "floppy"),
    ] {
        let mut wrong = layers.clone();
        wrong.flag(key, Some(value.into()));
        let said = MineSettings::resolve(&wrong).unwrap_err().to_string();
        assert!(said.contains(key) && said.contains(value), "{said}");
    }
    let mut wrong = layers.clone();
    wrong.flag("tasks", Some("upscale".into()));
    assert!(
        MineSettings::resolve(&wrong)
            .unwrap_err()
            .to_string()
            .contains("warrant")
    );
}

proptest! {
    #[test]
    fn parsers_take_every_text(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        let _either = TaskMetadata::from_header(&text);
        let _either = canonical_json(&text);
        let _lines = read_environment_file(&text);
        if let Ok(synapse) = Synapse::read(&bytes) {
            let _either = media(&synapse, Task::Compress);
        }
        let mut headers = Headers::default();
        for (name, part) in ["bt_header_dendrite_nonce", "timeout", "bt_header_dendrite_hotkey",
            "bt_header_dendrite_signature", "bt_header_axon_port"].iter().zip(text.split('\u{0}')) {
            headers.push(name, part);
        }
        if let Ok(head) = AxonHeaders::read(&headers) {
            let gate = Admission::new(vectors().axon, NonceMemory::default());
            prop_assert!(gate.admit(&head, None, ANYBODY, 1_800_000_000_000_000_000).is_err());
        }
    }

    #[test]
    fn bodies_of_the_right_shape_are_taken_apart_without_a_fault(
        urls in proptest::collection::vec(".{0,20}", 0..20),
        threshold in any::<f64>(), list in proptest::collection::vec(any::<f64>(), 0..6),
        word in ".{0,10}",
    ) {
        let body = json!({"miner_payload": {"reference_video_urls": urls, "vmaf_threshold": threshold,
            "vmaf_thresholds": list, "target_codec": word, "codec_mode": word, "target_bitrate": threshold,
            "task_type": word}});
        let synapse = Synapse::read(body.to_string().as_bytes()).unwrap();
        for task in Task::ALL {
            if let Ok(asked) = media(&synapse, task) {
                prop_assert_eq!(asked.len(), urls.len());
            }
        }
        let head = AxonHeaders::default();
        let answer: Value = serde_json::from_str(&synapse.into_response("Synapse", &head, "me", 0.5)).unwrap();
        prop_assert_eq!(&answer["axon"]["status_code"], &json!(200));
        prop_assert!(answer["dendrite"].is_object());
    }
}
