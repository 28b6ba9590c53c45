//! A validator that stands in for the real one. Its JSON, its signatures and its checks are its own: nothing
//! of the server's is used but the algorithm of the signature.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vidaio::address::Address;
use vidaio::wallet::{Hotkey, Signature, verify};

use super::process::{Miner, VALIDATOR, key};

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(super) fn unix() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A nonce that was never used.
pub(super) fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// A task that is about to be sent.
pub(super) struct Task {
    pub(super) signer: Hotkey,
    pub(super) miner: Address,
    pub(super) id: String,
    pub(super) track: String,
    pub(super) params: Value,
    pub(super) deadline: f64,
    pub(super) nonce: String,
    pub(super) timestamp: u64,
    pub(super) body: Vec<u8>,
    pub(super) digest: String,
}

/// A task with what was signed for it.
pub(super) struct Signed {
    pub(super) headers: Vec<(&'static str, String)>,
    message: Vec<u8>,
    task: Task,
}

impl Task {
    pub(super) fn new(miner: &Miner, track: &str, body: &[u8], params: Value) -> Self {
        Self::of(miner.hotkey, track, body, params)
    }

    pub(super) fn of(miner: Address, track: &str, body: &[u8], params: Value) -> Self {
        Self {
            signer: key(VALIDATOR),
            miner,
            id: format!("challenge-{}:7", nonce()),
            track: track.into(),
            params,
            deadline: 300.0,
            nonce: nonce(),
            timestamp: unix(),
            body: body.to_vec(),
            digest: sha256(body),
        }
    }

    /// A compression that is done fast.
    pub(super) fn compression(miner: &Miner, body: &[u8]) -> Self {
        let params = json!({"vmaf_threshold": 85, "target_codec": "h264"});
        Self::new(miner, "compression", body, params)
    }

    pub(super) fn sign(self) -> Signed {
        let metadata = json!({
            "task_id": self.id, "track": self.track, "input_digest": self.digest,
            "params": self.params, "deadline_seconds": self.deadline, "commitment_anchor": null,
        });
        let signed: BTreeMap<&str, Value> = BTreeMap::from([
            ("version", json!("2")),
            ("track", json!(self.track)),
            ("timestamp", json!(self.timestamp)),
            ("task_id", json!(self.id)),
            ("signer_hotkey", json!(self.signer.address().to_string())),
            ("params", self.params.clone()),
            ("nonce", json!(self.nonce)),
            ("intended_miner_hotkey", json!(self.miner.to_string())),
            ("input_size", json!(self.body.len())),
            ("input_digest", json!(self.digest)),
            ("deadline_seconds", json!(self.deadline)),
            ("commitment_anchor", Value::Null),
        ]);
        let mut message = b"vidaio:miner-artifact:request:v2\0".to_vec();
        message.extend(serde_json::to_vec(&signed).unwrap());
        let signature = hex::encode(self.signer.sign(&message).bytes());
        let headers = vec![
            ("X-Vidaio-Artifact-Version", "2".to_owned()),
            ("Content-Type", "application/octet-stream".into()),
            (
                "X-Vidaio-Task-Metadata",
                URL_SAFE_NO_PAD.encode(metadata.to_string()),
            ),
            (
                "X-Vidaio-Validator-Hotkey",
                self.signer.address().to_string(),
            ),
            ("X-Vidaio-Miner-Hotkey", self.miner.to_string()),
            ("X-Vidaio-Request-Timestamp", self.timestamp.to_string()),
            ("X-Vidaio-Request-Nonce", self.nonce.clone()),
            ("X-Vidaio-Input-Size", self.body.len().to_string()),
            ("X-Vidaio-Request-Signature", signature),
        ];
        Signed {
            headers,
            message,
            task: self,
        }
    }
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The word of a refusal.
    pub(super) fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| {
            panic!("{}: {:?}", self.status, String::from_utf8_lossy(&self.body))
        });
        assert!(!body["detail"]["message"].as_str().unwrap().is_empty());
        body["detail"]["code"].as_str().unwrap().to_owned()
    }
}

impl Signed {
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        let header = self.headers.iter_mut().find(|(n, _)| *n == name);
        header.unwrap().1 = value.to_owned();
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| *n != name);
        self
    }

    pub(super) fn send(&self, miner: &Miner) -> Answer {
        let client = vidaio::https::blocking_client()
            .timeout(None)
            .build()
            .unwrap();
        let mut request = client.post(format!("http://{}/v1/task/artifact", miner.address));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = request.body(self.task.body.clone()).send().unwrap();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap().to_owned()))
            .collect();
        Answer {
            status: response.status().as_u16(),
            headers,
            body: response.bytes().unwrap().to_vec(),
        }
    }

    /// Checks every binding of an answer, as a validator does before it looks at the video.
    pub(super) fn check(&self, answer: &Answer, miner: &Miner) {
        let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]);
        assert_eq!(answer.status, 200, "{text}\n{}", miner.log());
        let header = |name: &str| answer.headers.get(name).cloned().unwrap_or_default();
        assert_eq!(header("x-vidaio-artifact-version"), "2");
        assert_eq!(header("x-vidaio-task-id"), self.task.id);
        assert_eq!(header("x-vidaio-output-sha256"), sha256(&answer.body));
        assert_eq!(
            header("x-vidaio-output-size"),
            answer.body.len().to_string()
        );
        assert_eq!(header("content-length"), answer.body.len().to_string());
        assert_eq!(header("x-vidaio-miner-hotkey"), miner.hotkey.to_string());
        let seconds = header("x-vidaio-processing-seconds");
        assert!(seconds.len() <= 64 && seconds.parse::<f64>().unwrap() > 0.0);
        let signed: BTreeMap<&str, Value> = BTreeMap::from([
            ("input_digest", json!(self.task.digest)),
            ("input_size", json!(self.task.body.len())),
            ("miner_hotkey", json!(miner.hotkey.to_string())),
            ("nonce", json!(self.task.nonce)),
            ("output_digest", json!(sha256(&answer.body))),
            ("output_size", json!(answer.body.len())),
            ("processing_seconds", json!(seconds)),
            ("request_digest", json!(sha256(&self.message))),
            (
                "signer_hotkey",
                json!(self.task.signer.address().to_string()),
            ),
            ("task_id", json!(self.task.id)),
            ("track", json!(self.task.track)),
            ("version", json!("2")),
        ]);
        let mut message = b"vidaio:miner-artifact:response:v2\0".to_vec();
        message.extend(serde_json::to_vec(&signed).unwrap());
        let signature = hex::decode(header("x-vidaio-response-signature")).unwrap();
        let signature = Signature::new(signature.try_into().unwrap());
        assert!(verify(&miner.hotkey, &message, &signature));
    }
}
