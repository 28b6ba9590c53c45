//! The headers that say who calls.

use super::refusal::AxonRefusal;
use crate::miner::artifact::Headers;

/// Characters of a text in a header; an address has 48, a UUID 36, a signature 130.
const LONGEST: usize = 160;
/// Longest timeout that is believed, in seconds: it is not signed, and widens the window of the nonce.
pub(super) const LONGEST_TIMEOUT: f64 = 600.0;

/// What stands in them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxonHeaders {
    /// Nanoseconds since 1970, by the caller's clock.
    pub nonce: Option<u64>,
    /// The caller's hotkey, as it is written.
    pub hotkey: Option<String>,
    /// One client object.
    pub uuid: Option<String>,
    /// What proves it.
    pub signature: Option<String>,
    /// The caller's address.
    pub ip: Option<String>,
    /// The caller's version.
    pub version: Option<u64>,
    /// Seconds for which the caller waits.
    pub timeout: Option<f64>,
    /// Hash of the fields that are signed.
    pub body_hash: Option<String>,
    /// This axon, as the caller knows it.
    pub axon_ip: Option<String>,
    /// Its port.
    pub axon_port: Option<u64>,
    /// Its hotkey, as the caller knows it.
    pub axon_hotkey: Option<String>,
}

impl AxonHeaders {
    /// Reads them.
    ///
    /// # Errors
    /// A number that is none, a header that stands twice, or a text of absurd length.
    pub fn read(headers: &Headers) -> Result<Self, AxonRefusal> {
        let text = |name: &str| -> Result<Option<String>, AxonRefusal> {
            let bad = |what: &str| AxonRefusal::new(400, format!("{name}: {what}"));
            match headers.count(name) {
                0 => Ok(None),
                1 => {
                    let value = headers.only(name).unwrap_or_default();
                    let fit = value.len() <= LONGEST
                        && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
                    if fit {
                        Ok(Some(value.to_owned()))
                    } else {
                        Err(bad("it is no text of this header"))
                    }
                }
                _ => Err(bad("it stands twice")),
            }
        };
        let whole = |name: &str| -> Result<Option<u64>, AxonRefusal> {
            let parsed = text(name)?.map(|value| value.trim().parse::<u64>());
            parsed
                .transpose()
                .map_err(|_| AxonRefusal::new(400, format!("{name}: it is no whole number")))
        };
        let timeout = text("timeout")?.map(|value| value.trim().parse::<f64>());
        let timeout = timeout
            .transpose()
            .ok()
            .map(|t| t.filter(|t| t.is_finite()));
        let Some(timeout) = timeout else {
            return Err(AxonRefusal::new(400, "timeout: it is no number"));
        };
        Ok(Self {
            nonce: whole("bt_header_dendrite_nonce")?,
            hotkey: text("bt_header_dendrite_hotkey")?,
            uuid: text("bt_header_dendrite_uuid")?,
            signature: text("bt_header_dendrite_signature")?,
            ip: text("bt_header_dendrite_ip")?,
            version: whole("bt_header_dendrite_version")?,
            timeout: timeout.map(|t| t.clamp(0.0, LONGEST_TIMEOUT)),
            body_hash: text("computed_body_hash")?,
            axon_ip: text("bt_header_axon_ip")?,
            axon_port: whole("bt_header_axon_port")?,
            axon_hotkey: text("bt_header_axon_hotkey")?,
        })
    }

    /// What the caller signed, if it was meant for an axon. Absent values stand as `None`.
    #[must_use]
    pub fn message(&self, axon: &str) -> String {
        let nonce = self
            .nonce
            .map_or_else(|| "None".to_owned(), |n| n.to_string());
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "None".into());
        format!(
            "{nonce}.{}.{axon}.{}.{}",
            or_none(&self.hotkey),
            or_none(&self.uuid),
            or_none(&self.body_hash)
        )
    }
}
