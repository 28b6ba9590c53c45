//! The headers by which a caller identifies itself.

use super::refusal::AxonRefusal;
use crate::miner::headers::Headers;

/// Characters of the longest text in a header. Our choice: an address has 48, a UUID 36, a signature 130.
const MAX_CHARS: usize = 160;
/// Largest timeout in seconds that is accepted, since it is not signed and extends the life of a nonce. Our choice.
pub(super) const MAX_TIMEOUT: f64 = 600.0;

/// The headers of a synapse, each absent or well-formed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AxonHeaders {
    /// Nanoseconds since 1970, by the caller's clock.
    pub nonce: Option<u64>,
    /// The caller's hotkey, as it was sent.
    pub hotkey: Option<String>,
    /// Identifies one client object of the caller.
    pub uuid: Option<String>,
    /// sr25519 over [`Self::message`], in hexadecimal.
    pub signature: Option<String>,
    /// The caller's IP address.
    pub ip: Option<String>,
    /// Version of the caller's SDK.
    pub version: Option<u64>,
    /// Seconds for which the caller waits, 0 to 600.
    pub timeout: Option<f64>,
    /// SHA3-256 of the fields of the body that the class names.
    pub body_hash: Option<String>,
    /// IP address of this axon, as the caller knows it.
    pub axon_ip: Option<String>,
    pub axon_port: Option<u64>,
    /// Hotkey of this axon, as the caller knows it.
    pub axon_hotkey: Option<String>,
}

impl AxonHeaders {
    /// Reads the headers of a request.
    ///
    /// # Errors
    /// A malformed number, a repeated header, or text that is too long or not printable.
    pub fn read(headers: &Headers) -> Result<Self, AxonRefusal> {
        let text = |name: &str| -> Result<Option<String>, AxonRefusal> {
            let bad = |what: &str| AxonRefusal::new(400, format!("{name}: {what}"));
            match headers.count(name) {
                0 => Ok(None),
                1 => {
                    let value = headers.only(name).unwrap_or_default();
                    let fit = value.len() <= MAX_CHARS
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
            timeout: timeout.map(|t| t.clamp(0.0, MAX_TIMEOUT)),
            body_hash: text("computed_body_hash")?,
            axon_ip: text("bt_header_axon_ip")?,
            axon_port: whole("bt_header_axon_port")?,
            axon_hotkey: text("bt_header_axon_hotkey")?,
        })
    }

    /// The text that the caller has signed if the request is meant for an axon. An absent value is written `None`.
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
