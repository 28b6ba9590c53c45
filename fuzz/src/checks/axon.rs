//! Headers and body of a synapse.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use vidaio::domain::{RateControl, Task};
use vidaio::miner::PermitView;
use vidaio::miner::axon::{
    Admission, AdmissionRules, AxonHeaders, AxonRefusal, NonceMemory, Synapse, media,
};
use vidaio::miner::tasks::Work;
use vidaio::subnet::{Alpha, Metagraph};

use super::signed::{self, ALICE, BOB};

/// When the miner is asked, in nanoseconds since 1970.
const NOW: u64 = 1_800_000_000_000_000_000;
/// Longest that a caller is waited for.
const LONGEST: Duration = Duration::from_secs(601);

/// Reads headers and a body, and holds what was read to its promises.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (lines, body) = signed::headers(&text);
    let mut lines: Vec<(&str, String)> = lines
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect();
    let unsigned = AxonHeaders::read(&signed::of(&lines));
    let message = unsigned.map(|headers| headers.message(&BOB.to_string()));
    let signature = message.map(|m| ALICE.sign(m.as_bytes()).to_string());
    if let Ok(signature) = &signature {
        signed::put(&mut lines, signature);
    }
    match AxonHeaders::read(&signed::of(&lines)) {
        Ok(headers) => {
            admitted(&headers);
            synapse(&headers, body.as_bytes());
        }
        Err(refusal) => {
            assert_eq!(refusal.status, 400);
            refused(&refusal);
        }
    }
}

/// An answer's words fit into a header.
fn refused(refusal: &AxonRefusal) {
    assert!((400..600).contains(&refusal.status));
    assert!(refusal.message.bytes().all(|b| (b' '..=b'~').contains(&b)));
    let body: Value = serde_json::from_str(&refusal.body()).expect("a body is JSON");
    assert_eq!(body["message"], refusal.message);
}

/// The owner needs nothing but a signature.
fn admitted(headers: &AxonHeaders) {
    let owner = ALICE.address();
    let gate = Admission::new(*BOB, NonceMemory::default());
    let rules = AdmissionRules {
        least_stake: Alpha::from_rao(1),
        owner: Some(&owner),
    };
    let begun = Instant::now();
    match gate.admit(headers, Some(&VIEW), rules, NOW) {
        Ok(caller) => {
            assert_eq!(caller.hotkey, owner);
            assert!(caller.deadline <= begun + LONGEST);
            let again = gate.admit(headers, Some(&VIEW), rules, NOW);
            assert_eq!(again.map_err(|refusal| refusal.status), Err(401));
            assert_eq!(gate.memory().len(), 1);
        }
        Err(refusal) => {
            refused(&refusal);
            assert_eq!(gate.memory().len(), 0);
        }
    }
}

/// A subnet without anybody.
static VIEW: LazyLock<PermitView> = LazyLock::new(|| {
    let empty = serde_json::json!({
        "schema": "vidaio.metagraph/1",
        "read": {
            "block": 1, "block_hash": "0x", "genesis": "0x", "spec_version": 1, "network": "finney",
            "endpoint": "", "route": "storage", "read_at": ""
        },
        "netuid": 85, "registration": {}, "pool": {}, "neurons": []
    });
    let metagraph: Metagraph = serde_json::from_value(empty).expect("it is one of ours");
    PermitView::new(&metagraph, NOW as f64 / 1e9)
});

fn synapse(headers: &AxonHeaders, body: &[u8]) {
    let Ok(synapse) = Synapse::read(body) else {
        return;
    };
    for task in Task::ALL {
        let Ok(asked) = media(&synapse, task) else {
            continue;
        };
        assert!(asked.len() <= 16);
        for work in asked.into_iter().filter_map(|asked| asked.work.ok()) {
            assert_eq!(work.task(), task);
            possible(&work);
        }
    }
    let answer = synapse.into_response("Synapse", headers, "me", 0.5);
    let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
    assert_eq!(answer["axon"]["status_code"], 200);
    assert_eq!(answer["axon"]["hotkey"], "me");
    // What it answers could be asked.
    assert!(
        Synapse::read(answer.to_string().as_bytes()).is_ok(),
        "{answer}"
    );
}

fn possible(work: &Work) {
    if let Work::Compress {
        threshold, mode, ..
    } = work
    {
        assert!(threshold.is_none_or(|t| t > 0.0 && t < 100.0));
        if let RateControl::Vbr(rate) | RateControl::Cbr(rate) = mode {
            assert!(rate.is_finite() && *rate > 0.0);
        }
    }
}
