//! Headers of the artifact exchange, and canonical JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use vidaio::miner::artifact::{
    ArtifactRequest, CanonicalError, Gatekeeper, RefusalCode, TaskMetadata, Track, canonical_json,
    names, work_of,
};
use vidaio::miner::tasks::Work;
use vidaio::miner::{Headers, Permit};

use super::signed::{self, ALICE, BOB};

/// When the miner began, and when it is asked.
const BEGUN: f64 = 1_800_000_000.0;
const NOW: f64 = BEGUN + 60.0;

/// Reads headers, and everything in them, and holds what was read to its promises.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    canonical(text);
    let (lines, _) = signed::headers(text);
    let mut lines: Vec<(&str, String)> = lines
        .into_iter()
        .map(|(name, value)| (name, encoded(value)))
        .collect();
    for (_, value) in &lines {
        metadata(value);
    }
    let signature = sign(&signed::of(&lines));
    if let Some(signature) = &signature {
        signed::put(&mut lines, signature);
    }
    admitted(&signed::of(&lines), signature.is_some());
}

/// An object stands for its base64url, which a fuzzer would not get past.
fn encoded(value: &str) -> String {
    if value.starts_with('{') {
        URL_SAFE_NO_PAD.encode(value)
    } else {
        value.to_owned()
    }
}

/// What is canonical stays as it is, and means what it meant.
fn canonical(text: &str) {
    let meant = serde_json::from_str::<Value>(text);
    match canonical_json(text) {
        Ok(canonical) => {
            assert!(canonical.bytes().all(|b| (b' '..=b'~').contains(&b)));
            assert_eq!(canonical_json(&canonical).as_ref(), Ok(&canonical));
            if let Ok(meant) = meant {
                let means: Value = serde_json::from_str(&canonical).expect("it is JSON");
                assert!(same(&means, &meant), "{canonical} is not {meant}");
            }
        }
        Err(CanonicalError::TooDeep) => assert!(text.matches(['[', '{']).count() > 32),
        Err(error) => assert!(meant.is_err(), "{error}"),
    }
}

/// Equal, but for the sign of a whole zero, which Python does not keep.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let find = |key: &String| other.get(key);
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, a)| find(key).is_some_and(|b| same(a, b)))
        }
        _ => one == other,
    }
}

fn metadata(value: &str) {
    let Ok(task) = TaskMetadata::from_header(value) else {
        return;
    };
    assert!(task.deadline_seconds.is_finite() && task.deadline_seconds > 0.0);
    for (name, param) in &task.params {
        assert_eq!(canonical_json(param).as_ref(), Ok(param));
        assert!(task.number(name).is_none_or(f64::is_finite));
    }
    for track in [Track::Compression, Track::Upscaling] {
        match work_of(track, &task) {
            Ok(Work::Compress { threshold, .. }) => {
                assert!(threshold.is_none_or(|t| t > 0.0 && t < 100.0));
            }
            Ok(Work::Upscale { size, .. }) => {
                assert!(size.is_none_or(|(w, h)| w > 0 && h > 0));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// The signature of what the headers claim, if they claim anything.
fn sign(headers: &Headers) -> Option<String> {
    let number = |name| headers.only(name)?.parse().ok();
    let request = ArtifactRequest {
        validator: ALICE.address(),
        miner: *BOB,
        timestamp: number(names::TIMESTAMP)?,
        nonce: headers.only(names::NONCE)?.to_owned(),
        input_size: number(names::INPUT_SIZE)?,
        metadata: TaskMetadata::from_header(headers.only(names::METADATA)?).ok()?,
    };
    let bytes = request.signed_bytes();
    let json = bytes.splitn(2, |b| *b == 0).nth(1).unwrap_or_default();
    let json = std::str::from_utf8(json).expect("canonical JSON is ASCII");
    assert_eq!(
        canonical_json(json).as_deref(),
        Ok(json),
        "what is signed is canonical"
    );
    Some(
        ALICE
            .sign(&bytes)
            .to_string()
            .trim_start_matches("0x")
            .to_owned(),
    )
}

fn admitted(headers: &Headers, signed: bool) {
    let gate = Gatekeeper::new(*BOB, Track::Compression, BEGUN);
    let request = match gate.admit(headers, NOW, |_| Permit::Holds) {
        Ok(request) => request,
        Err(refusal) => {
            let (status, word) = refusal.code.parts();
            assert!((400..600).contains(&status));
            let body: Value = serde_json::from_str(&refusal.body()).expect("a body is JSON");
            return assert_eq!(body["detail"]["code"], word);
        }
    };
    assert!(signed, "nobody signed this");
    let id = &request.metadata.task_id;
    assert!(!id.is_empty() && !id.contains(['/', '.', '\0']), "{id}");
    assert!(request.input_size > 0);
    let again = gate.admit(headers, NOW, |_| Permit::Holds);
    assert_eq!(
        again.map_err(|refusal| refusal.code),
        Err(RefusalCode::Replay)
    );
}
