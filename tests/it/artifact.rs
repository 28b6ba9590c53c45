//! The artifact exchange: vectors written by Python, and a stand-in validator that signs for itself and
//! tampers with everything.

use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use vidaio::address::Address;
use vidaio::miner::artifact::{
    ArtifactRequest, ArtifactResponse, Gatekeeper, Refusal, RefusalCode, ReplayError, ReplayMemory,
    TaskMetadata, Track, canonical_json, names,
};
use vidaio::miner::{Headers, Permit, PermitView};
use vidaio::wallet::{Hotkey, Signature, verify};

/// When the gatekeeper of these tests began, and when requests come.
const BEGAN: f64 = 1_799_999_000.0;
const NOW: f64 = 1_800_000_010.0;

#[derive(Deserialize)]
struct Fixtures {
    validator: Address,
    miner: Address,
    canonical: Vec<Canonical>,
    refused: Vec<String>,
    requests: Vec<Vector>,
}

#[derive(Deserialize)]
struct Canonical {
    text: String,
    canonical: String,
}

#[derive(Deserialize)]
struct Vector {
    metadata: String,
    timestamp: u64,
    nonce: String,
    input_size: u64,
    message_sha256: String,
    signature: String,
    output_digest: String,
    output_size: u64,
    processing_seconds: String,
    answer_sha256: String,
    track: String,
}

fn fixtures() -> Fixtures {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/artifact.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

fn headers(all: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in all {
        headers.push(name, value);
    }
    headers
}

#[test]
fn json_is_written_as_python_writes_it() {
    let fixtures = fixtures();
    for vector in &fixtures.canonical {
        assert_eq!(
            canonical_json(&vector.text).as_ref(),
            Ok(&vector.canonical),
            "{}",
            vector.text
        );
        // Canonical text is its own canonical form.
        assert_eq!(
            canonical_json(&vector.canonical).as_ref(),
            Ok(&vector.canonical)
        );
    }
    for text in &fixtures.refused {
        assert!(canonical_json(text).is_err(), "{text}");
    }
    let deep = "[".repeat(40) + &"]".repeat(40);
    assert!(
        canonical_json(&deep)
            .unwrap_err()
            .to_string()
            .contains("nested")
    );
    assert!(canonical_json(&"[".repeat(100_000)).is_err());
}

#[test]
fn requests_that_python_signed_are_admitted_and_answered_to_the_byte() {
    let fixtures = fixtures();
    for vector in &fixtures.requests {
        let track = match vector.track.as_str() {
            "compression" => Track::Compression,
            _ => Track::Upscaling,
        };
        let gate = Gatekeeper::new(fixtures.miner, track, BEGAN);
        let (size, timestamp) = (vector.input_size.to_string(), vector.timestamp.to_string());
        let sent = headers(&[
            ("X-Vidaio-Artifact-Version", "2"),
            ("Content-Type", "application/octet-stream"),
            ("Content-Length", &size),
            ("X-Vidaio-Task-Metadata", &vector.metadata),
            ("X-Vidaio-Validator-Hotkey", &fixtures.validator.to_string()),
            ("X-Vidaio-Miner-Hotkey", &fixtures.miner.to_string()),
            ("X-Vidaio-Request-Timestamp", &timestamp),
            ("X-Vidaio-Request-Nonce", &vector.nonce),
            ("X-Vidaio-Input-Size", &size),
            ("X-Vidaio-Request-Signature", &vector.signature),
        ]);
        let request = gate.admit(&sent, NOW, |_| Permit::Holds).unwrap();
        assert_eq!(sha256(&request.signed_bytes()), vector.message_sha256);
        assert_eq!(request.digest(), vector.message_sha256);
        let answer = ArtifactResponse {
            output_digest: vector.output_digest.clone(),
            output_size: vector.output_size,
            processing_seconds: vector.processing_seconds.clone(),
        };
        assert_eq!(sha256(&answer.signed_bytes(&request)), vector.answer_sha256);
    }
}

/// A validator that signs for itself: its JSON is that of another library.
struct StandIn {
    validator: Hotkey,
    miner: Hotkey,
}

impl StandIn {
    fn new() -> Self {
        Self {
            validator: Hotkey::from_seed(&[7; 32]).unwrap(),
            miner: Hotkey::from_seed(&[9; 32]).unwrap(),
        }
    }

    /// Headers of a good request.
    fn request(&self, nonce: &str, timestamp: u64) -> Vec<(String, String)> {
        self.of_task(nonce, timestamp, "compression", "c1:7")
    }

    fn of_task(&self, nonce: &str, timestamp: u64, track: &str, id: &str) -> Vec<(String, String)> {
        let (validator, miner) = (self.validator.address(), self.miner.address());
        let digest = "5e".repeat(32);
        let params = json!({"vmaf_threshold": 89, "codec": "av1"});
        let metadata = json!({
            "task_id": id, "track": track, "input_digest": digest, "params": params,
            "deadline_seconds": 300.0, "commitment_anchor": null,
        });
        let signed = json!({
            "commitment_anchor": null, "deadline_seconds": 300.0, "input_digest": digest,
            "input_size": 1000, "intended_miner_hotkey": miner, "nonce": nonce, "params": params,
            "signer_hotkey": validator, "task_id": id, "timestamp": timestamp,
            "track": track, "version": "2",
        });
        let message = [
            b"vidaio:miner-artifact:request:v2\0",
            signed.to_string().as_bytes(),
        ]
        .concat();
        let signature = self.validator.sign(&message).to_string();
        [
            (names::VERSION, "2".to_owned()),
            (names::CONTENT_TYPE, "application/octet-stream".into()),
            (names::CONTENT_LENGTH, "1000".into()),
            (
                names::METADATA,
                URL_SAFE_NO_PAD.encode(metadata.to_string()),
            ),
            (names::VALIDATOR, validator.to_string()),
            (names::MINER, miner.to_string()),
            (names::TIMESTAMP, timestamp.to_string()),
            (names::NONCE, nonce.to_owned()),
            (names::INPUT_SIZE, "1000".into()),
            (names::SIGNATURE, signature[2..].to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn gate(&self) -> Gatekeeper {
        Gatekeeper::new(self.miner.address(), Track::Compression, BEGAN)
    }
}

fn admit(gate: &Gatekeeper, sent: &[(String, String)]) -> Result<ArtifactRequest, Refusal> {
    let mut headers = Headers::default();
    for (name, value) in sent {
        headers.push(name, value);
    }
    gate.admit(&headers, NOW, |_| Permit::Holds)
}

const NONCE: &str = "00112233445566778899aabbccddeeff";

#[test]
fn every_header_that_is_missing_doubled_or_altered_is_refused() {
    let stand_in = StandIn::new();
    let good = stand_in.request(NONCE, 1_800_000_000);
    admit(&stand_in.gate(), &good).unwrap();
    let of = |name: &str| match name {
        names::VERSION | names::METADATA => RefusalCode::InvalidMetadata,
        names::CONTENT_TYPE => RefusalCode::UnsupportedMediaType,
        names::CONTENT_LENGTH => RefusalCode::InvalidContentLength,
        _ => RefusalCode::InvalidSignature,
    };
    for (at, (name, value)) in good.iter().enumerate() {
        let refused = |sent: &[(String, String)]| admit(&stand_in.gate(), sent).unwrap_err().code;
        let mut missing = good.clone();
        missing.remove(at);
        assert_eq!(refused(&missing), of(name), "{name} is missing");
        let mut doubled = good.clone();
        doubled.push((name.clone(), value.clone()));
        assert_eq!(refused(&doubled), of(name), "{name} is doubled");
        let mut empty = good.clone();
        empty[at].1 = String::new();
        assert_eq!(refused(&empty), of(name), "{name} is empty");
    }
    let other = Hotkey::from_seed(&[1; 32]).unwrap().address().to_string();
    let tampered: [(&str, &str, RefusalCode); 19] = [
        (names::VERSION, "1", RefusalCode::ArtifactV2Required),
        (names::VERSION, "3", RefusalCode::InvalidMetadata),
        (
            names::CONTENT_TYPE,
            "video/mp4",
            RefusalCode::UnsupportedMediaType,
        ),
        (
            names::CONTENT_LENGTH,
            "+1000",
            RefusalCode::InvalidContentLength,
        ),
        (names::CONTENT_LENGTH, "999", RefusalCode::InvalidSignature),
        (names::INPUT_SIZE, "01000", RefusalCode::InvalidSignature),
        (names::INPUT_SIZE, "999", RefusalCode::InvalidSignature),
        (names::METADATA, "****", RefusalCode::InvalidMetadata),
        (names::METADATA, "e30", RefusalCode::InvalidMetadata),
        (names::VALIDATOR, &other, RefusalCode::InvalidSignature),
        (names::VALIDATOR, "5Grw", RefusalCode::InvalidSignature),
        (names::VALIDATOR, "a b", RefusalCode::InvalidSignature),
        (names::MINER, &other, RefusalCode::WrongMiner),
        (
            names::TIMESTAMP,
            "1800000001",
            RefusalCode::InvalidSignature,
        ),
        (
            names::TIMESTAMP,
            "1800000000.0",
            RefusalCode::InvalidSignature,
        ),
        (names::TIMESTAMP, "-1", RefusalCode::InvalidSignature),
        (
            names::NONCE,
            "ffeeddccbbaa99887766554433221100",
            RefusalCode::InvalidSignature,
        ),
        (
            names::NONCE,
            "00112233445566778899AABBCCDDEEFF",
            RefusalCode::InvalidSignature,
        ),
        (names::NONCE, "0011", RefusalCode::InvalidSignature),
    ];
    for (name, value, code) in tampered {
        let mut sent = good.clone();
        sent.iter_mut().find(|(n, _)| n == name).unwrap().1 = value.to_owned();
        let refusal = admit(&stand_in.gate(), &sent).unwrap_err();
        assert_eq!(refusal.code, code, "{name}: {value}: {refusal}");
    }
    // A signature in capitals, with 0x, cut, and of another message.
    let signature = good
        .iter()
        .find(|(n, _)| n == names::SIGNATURE)
        .unwrap()
        .1
        .clone();
    let another = stand_in.request("11112233445566778899aabbccddeeff", 1_800_000_000);
    let another = another
        .iter()
        .find(|(n, _)| n == names::SIGNATURE)
        .unwrap()
        .1
        .clone();
    for wrong in [
        signature.to_uppercase(),
        format!("0x{signature}"),
        signature[..126].to_owned(),
        another,
    ] {
        let mut sent = good.clone();
        sent.iter_mut()
            .find(|(n, _)| n == names::SIGNATURE)
            .unwrap()
            .1 = wrong;
        assert_eq!(
            admit(&stand_in.gate(), &sent).unwrap_err().code,
            RefusalCode::InvalidSignature
        );
    }
}

#[test]
fn time_registration_and_replay_are_checked_in_their_order() {
    let stand_in = StandIn::new();
    let code = |result: Result<ArtifactRequest, Refusal>| result.unwrap_err().code;
    for (timestamp, expected) in [
        (1_799_999_889, RefusalCode::ExpiredSignature),
        (1_800_000_016, RefusalCode::ExpiredSignature),
    ] {
        let sent = stand_in.request(NONCE, timestamp);
        assert_eq!(
            code(admit(&stand_in.gate(), &sent)),
            expected,
            "{timestamp}"
        );
    }
    // The oldest and the furthest ahead that are taken.
    for timestamp in [1_799_999_890, 1_800_000_015] {
        admit(&stand_in.gate(), &stand_in.request(NONCE, timestamp)).unwrap();
    }
    // What could have been used before this process began is not taken, even though it is young.
    let miner = stand_in.miner.address();
    let begun = Gatekeeper::new(miner, Track::Compression, NOW - 2.5);
    let sent = stand_in.request(NONCE, NOW as u64 + 2);
    assert_eq!(code(admit(&begun, &sent)), RefusalCode::Starting);
    admit(&begun, &stand_in.request(NONCE, NOW as u64 + 3)).unwrap();
    // Permits are looked up for signatures that hold, and for no others.
    let mut headers = Headers::default();
    let mut tampered = Headers::default();
    for (name, value) in stand_in.request(NONCE, 1_800_000_000) {
        let wrong = if name == names::NONCE {
            "0".repeat(32)
        } else {
            value.clone()
        };
        headers.push(&name, &value);
        tampered.push(&name, &wrong);
    }
    let gate = stand_in.gate();
    let refused = gate.admit(&tampered, NOW, |_| panic!("nobody asks for a stranger"));
    assert_eq!(code(refused), RefusalCode::InvalidSignature);
    for permit in [Permit::Lacks, Permit::Unknown] {
        let refused = gate.admit(&headers, NOW, |who| {
            assert_eq!(*who, stand_in.validator.address());
            permit
        });
        assert_eq!(code(refused), RefusalCode::UnregisteredValidator);
    }
    // A refusal used nothing up; the first that is admitted does.
    gate.admit(&headers, NOW, |_| Permit::Holds).unwrap();
    assert_eq!(
        code(gate.admit(&headers, NOW, |_| Permit::Holds)),
        RefusalCode::Replay
    );
    assert_eq!(
        code(gate.admit(&headers, NOW + 105.0, |_| Permit::Holds)),
        RefusalCode::Replay
    );
    assert_eq!(
        code(gate.admit(&headers, NOW + 115.0, |_| Permit::Holds)),
        RefusalCode::ExpiredSignature
    );
}

#[test]
fn signatures_are_verified_while_the_memory_of_nonces_is_locked() {
    let stand_in = StandIn::new();
    let gate = stand_in.gate();
    let mut forged = stand_in.request(NONCE, 1_800_000_000);
    let nonce = forged.iter_mut().find(|(name, _)| name == names::NONCE);
    nonce.unwrap().1 = "0".repeat(32);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let locked = gate.memory();
        let (gate, forged) = (&gate, &forged);
        scope.spawn(move || {
            let _received = sender.send(admit(gate, forged));
        });
        let refused = receiver.recv_timeout(Duration::from_secs(60));
        drop(locked);
        let refused = refused.expect("the signature waits for the lock");
        assert_eq!(refused.unwrap_err().code, RefusalCode::InvalidSignature);
    });
}

#[test]
fn a_view_of_permits_is_served_while_it_is_young_enough() {
    let metagraph = super::node::generate::subnet(85, 48, 7_000_123);
    let view = PermitView::new(&metagraph, 1000.0);
    let hotkey = |uid: usize| metagraph.neurons[uid].hotkey;
    assert_eq!(view.permit(&hotkey(0), 1001.0), Permit::Holds);
    assert_eq!(view.permit(&hotkey(9), 1001.0), Permit::Lacks);
    let stranger = super::node::generate::account(1, 0x77);
    assert_eq!(view.permit(&stranger, 1001.0), Permit::Lacks);
    assert_eq!(view.permit(&hotkey(0), 1299.9), Permit::Holds);
    assert_eq!(view.permit(&hotkey(0), 1300.0), Permit::Unknown);
    // A hotkey that is there twice is nobody's.
    let mut twice = metagraph.clone();
    twice.neurons[9].hotkey = hotkey(0);
    assert_eq!(
        PermitView::new(&twice, 1000.0).permit(&hotkey(0), 1001.0),
        Permit::Lacks
    );
    // Where the chain does not tell permits, nobody has one.
    let mut silent = metagraph.clone();
    silent
        .neurons
        .iter_mut()
        .for_each(|n| n.validator_permit = None);
    assert_eq!(
        PermitView::new(&silent, 1000.0).permit(&hotkey(0), 1001.0),
        Permit::Lacks
    );
}

#[test]
fn tasks_of_another_track_and_odd_names_are_refused_after_the_signature() {
    let stand_in = StandIn::new();
    for (track, id, code) in [
        ("upscaling", "a", RefusalCode::WarrantTrackMismatch),
        ("something", "a", RefusalCode::WarrantTrackMismatch),
        ("compression", "../a", RefusalCode::InvalidTaskId),
        ("compression", "a b", RefusalCode::InvalidTaskId),
        ("compression", "", RefusalCode::InvalidTaskId),
        ("compression", &"x".repeat(129), RefusalCode::InvalidTaskId),
    ] {
        let sent = stand_in.of_task(NONCE, 1_800_000_000, track, id);
        assert_eq!(
            admit(&stand_in.gate(), &sent).unwrap_err().code,
            code,
            "{track} {id}"
        );
    }
}

#[test]
fn refusals_are_answered_as_validators_read_them() {
    let stand_in = StandIn::new();
    let refusal = admit(&stand_in.gate(), &[]).unwrap_err();
    assert_eq!(refusal.code.parts(), (400, "invalid_metadata"));
    let body: Value = serde_json::from_str(&refusal.body()).unwrap();
    assert_eq!(body["detail"]["code"], "invalid_metadata");
    assert!(
        body["detail"]["message"]
            .as_str()
            .unwrap()
            .contains("x-vidaio-artifact-version")
    );
    assert_eq!(RefusalCode::Busy.parts(), (429, "busy"));
    assert_eq!(RefusalCode::IngressTimeout.parts().0, 408);
}

#[test]
fn answers_carry_every_binding() {
    let stand_in = StandIn::new();
    let request = admit(&stand_in.gate(), &stand_in.request(NONCE, 1_800_000_000)).unwrap();
    let answer = ArtifactResponse::new("ab".repeat(32), 4321, Some(1.23456));
    let sent = answer.headers(&request, &stand_in.miner);
    let header = |name: &str| sent.iter().find(|(n, _)| *n == name).unwrap().1.clone();
    assert_eq!(header(names::TASK_ID), "c1:7");
    assert_eq!(header(names::OUTPUT_SIZE), "4321");
    assert_eq!(header(names::PROCESSING_SECONDS), "1.235");
    assert_eq!(header(names::MINER), stand_in.miner.address().to_string());
    let signature = header(names::RESPONSE_SIGNATURE);
    assert_eq!(signature.len(), 128);
    let expected = json!({
        "input_digest": "5e".repeat(32), "input_size": 1000, "miner_hotkey": stand_in.miner.address(),
        "nonce": NONCE, "output_digest": "ab".repeat(32), "output_size": 4321,
        "processing_seconds": "1.235", "request_digest": request.digest(),
        "signer_hotkey": stand_in.validator.address(), "task_id": "c1:7", "track": "compression",
        "version": "2",
    });
    let message = [
        b"vidaio:miner-artifact:response:v2\0",
        expected.to_string().as_bytes(),
    ]
    .concat();
    let signature: Signature = signature.parse().unwrap();
    assert!(verify(&stand_in.miner.address(), &message, &signature));
    let quiet = ArtifactResponse::new("ab".repeat(32), 1, None).headers(&request, &stand_in.miner);
    assert!(
        !quiet
            .iter()
            .any(|(name, _)| *name == names::PROCESSING_SECONDS)
    );
}

#[test]
fn metadata_is_read_as_the_networks_model_reads_it() {
    let read = |value: Value| TaskMetadata::from_header(&URL_SAFE_NO_PAD.encode(value.to_string()));
    let digest = "0a".repeat(32);
    let good = json!({"task_id": "t", "track": "compression", "input_digest": digest});
    let task = read(good.clone()).unwrap();
    assert_eq!((task.deadline_seconds, task.params.len()), (300.0, 0));
    let with = |key: &str, value: Value| {
        let mut task = good.clone();
        task[key] = value;
        task
    };
    let task = read(with("params", json!({"n": 5, "x": 2.5, "codec": "av1"}))).unwrap();
    assert_eq!((task.number("n"), task.number("x")), (Some(5.0), Some(2.5)));
    assert_eq!(task.text("codec").as_deref(), Some("av1"));
    assert_eq!((task.text("n"), task.number("none")), (None, None));
    for wrong in [
        with("extra", 1.into()),
        with("params", json!({"flag": true})),
        with("params", json!({"list": [1]})),
        with("params", json!([1])),
        with("input_digest", "0A".repeat(32).into()),
        with("deadline_seconds", 0.into()),
        with("deadline_seconds", (-1).into()),
        with("deadline_seconds", "300".into()),
        with("commitment_anchor", json!({"netuid": 85})),
        with("task_id", 7.into()),
        json!([]),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
    // With padding, as other encoders write it; too large; not base64url.
    let padded = base64::engine::general_purpose::URL_SAFE.encode(good.to_string());
    assert!(TaskMetadata::from_header(&padded).is_ok());
    assert!(read(with("task_id", "x".repeat(4000).into())).is_err());
    assert!(TaskMetadata::from_header(&"A".repeat(1 << 20)).is_err());
    assert!(TaskMetadata::from_header("a+b/").is_err());
}

#[test]
fn a_full_memory_refuses_and_forgets_only_what_has_expired() {
    let who = |n: u8| Hotkey::from_seed(&[n; 32]).unwrap().address();
    let (one, other) = (who(1), who(2));
    let mut memory = ReplayMemory::default();
    for i in 0..256 {
        memory
            .claim(one, &format!("{i:032x}"), 100 + i, 50.0)
            .unwrap();
    }
    assert_eq!(memory.claim(one, "new", 200, 50.0), Err(ReplayError::Full));
    assert_eq!(
        memory.claim(one, &format!("{:032x}", 3), 200, 50.0),
        Err(ReplayError::Used)
    );
    // One validator's quota is not another's.
    memory.claim(other, "new", 200, 50.0).unwrap();
    // At its end a nonce can still be used; after it, it is forgotten and makes room for one.
    assert_eq!(memory.claim(one, "new", 900, 100.0), Err(ReplayError::Full));
    memory.claim(one, "new", 900, 100.5).unwrap();
    assert_eq!(
        memory.claim(one, "newer", 900, 100.5),
        Err(ReplayError::Full)
    );
    assert_eq!(memory.live().count(), 257);
}

#[test]
fn a_nonce_that_expired_while_its_signature_was_verified_is_not_taken_again() {
    let mut memory = ReplayMemory::default();
    let who = Address::new([1; 32]);
    memory.claim(who, "slow", 100, 99.9).unwrap();
    // Another request comes after the end of the first, and is done sooner than a repeat of the first.
    memory.claim(who, "fast", 220, 100.1).unwrap();
    assert_eq!(
        memory.claim(who, "slow", 100, 99.95),
        Err(ReplayError::Used)
    );
}

proptest! {
    #[test]
    fn no_bytes_in_headers_or_metadata_bring_it_down(
        values in prop::collection::vec((0..10_usize, ".{0,80}"), 0..6),
        raw in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let stand_in = StandIn::new();
        let mut sent = stand_in.request(NONCE, 1_800_000_000);
        for (at, value) in &values {
            sent[*at].1.clone_from(value);
        }
        let changed = sent != stand_in.request(NONCE, 1_800_000_000)
            && values.iter().any(|(at, _)| sent[*at].0 != names::SIGNATURE);
        let result = admit(&stand_in.gate(), &sent);
        prop_assert!(!changed || result.is_err());
        let _either = TaskMetadata::from_header(&URL_SAFE_NO_PAD.encode(&raw));
        let _either = TaskMetadata::from_header(&String::from_utf8_lossy(&raw));
        let _either = canonical_json(&String::from_utf8_lossy(&raw));
    }

    #[test]
    fn canonical_text_means_the_same(value in any::<f64>(), text in ".{0,40}") {
        prop_assume!(value.is_finite());
        let json = json!({"value": value, "text": text, "list": [1, null, true]});
        let canonical = canonical_json(&json.to_string()).unwrap();
        prop_assert!(canonical.is_ascii());
        let back: Value = serde_json::from_str(&canonical).unwrap();
        prop_assert_eq!(back, json);
    }

    #[test]
    fn a_nonce_is_taken_once_while_it_lives(
        claims in prop::collection::vec((0..4_u8, 0..6_u8, 0..40_u64), 1..200),
    ) {
        let mut memory = ReplayMemory::default();
        let mut now = 0_u64;
        let mut live: std::collections::HashMap<(u8, u8), u64> = Default::default();
        for (who, nonce, step) in claims {
            now += step;
            live.retain(|_, end| *end >= now);
            let address = Address::new([who; 32]);
            let claimed = memory.claim(address, &nonce.to_string(), now + 20, now as f64);
            let fresh = live.insert((who, nonce), now + 20);
            if let Some(before) = fresh {
                live.insert((who, nonce), before);
            }
            prop_assert_eq!(claimed.is_ok(), fresh.is_none());
        }
    }
}
