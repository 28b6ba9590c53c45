//! A client of the axon that stands in for the real one.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use vidaio::wallet::Hotkey;

use super::process::{Miner, VALIDATOR, key};

/// Hash of no fields, which every class of this network has.
pub(super) const NO_FIELDS: &str =
    "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";

pub(super) fn nanos() -> u64 {
    u64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos(),
    )
    .unwrap()
}

/// A call that is about to be made.
pub(super) struct Call {
    pub(super) class: String,
    pub(super) body: Value,
    pub(super) signer: Hotkey,
    pub(super) nonce: u64,
    pub(super) uuid: String,
    pub(super) timeout: f64,
    pub(super) receiver: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Value,
}

impl Call {
    pub(super) fn new(miner: &Miner, class: &str, fields: Value) -> Self {
        Self {
            class: class.into(),
            body: fields,
            signer: key(VALIDATOR),
            nonce: nanos(),
            uuid: uuid::Uuid::new_v4().to_string(),
            timeout: 60.0,
            receiver: miner.hotkey.to_string(),
        }
    }

    pub(super) fn headers(&self, miner: &Miner) -> Vec<(&'static str, String)> {
        let hotkey = self.signer.address().to_string();
        let message = format!(
            "{}.{hotkey}.{}.{}.{NO_FIELDS}",
            self.nonce, self.receiver, self.uuid
        );
        let signature = hex::encode(self.signer.sign(message.as_bytes()).bytes());
        vec![
            ("name", self.class.clone()),
            ("timeout", format!("{:?}", self.timeout)),
            ("bt_header_axon_ip", "127.0.0.1".into()),
            ("bt_header_axon_port", miner.address.port().to_string()),
            ("bt_header_axon_hotkey", miner.hotkey.to_string()),
            ("bt_header_dendrite_ip", "198.51.100.7".into()),
            ("bt_header_dendrite_version", "10001000".into()),
            ("bt_header_dendrite_nonce", self.nonce.to_string()),
            ("bt_header_dendrite_uuid", self.uuid.clone()),
            ("bt_header_dendrite_hotkey", hotkey),
            ("bt_header_dendrite_signature", format!("0x{signature}")),
            ("computed_body_hash", NO_FIELDS.into()),
        ]
    }

    /// The body as the network's client writes it: its own description of both sides, and the fields.
    pub(super) fn full_body(&self, miner: &Miner) -> Value {
        let mut body = json!({
            "name": self.class, "timeout": self.timeout, "total_size": 0, "header_size": 0,
            "dendrite": {"ip": "198.51.100.7", "nonce": self.nonce, "uuid": self.uuid,
                "hotkey": self.signer.address().to_string(), "status_code": null},
            "axon": {"ip": "127.0.0.1", "port": miner.address.port(), "hotkey": miner.hotkey.to_string()},
            "computed_body_hash": "",
        });
        for (name, value) in self.body.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    pub(super) fn send(&self, miner: &Miner) -> Reply {
        let body = self.full_body(miner).to_string();
        send(miner, &self.class, &self.headers(miner), body.into_bytes())
    }
}

pub(super) fn send(
    miner: &Miner,
    route: &str,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Reply {
    let client = vidaio::https::blocking_client()
        .timeout(Duration::from_secs(120))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut request = client.post(format!("http://{}/{route}", miner.address));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = request
        .header("content-type", "application/json")
        .body(body)
        .send()
        .unwrap();
    let headers = response.headers().iter();
    let headers = headers
        .map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap().to_owned()))
        .collect();
    let status = response.status().as_u16();
    let text = response.text().unwrap();
    Reply {
        status,
        headers,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}
