//! The codec families that validators ask for.

use serde::{Deserialize, Serialize};

/// A codec family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// AV1, the network's usual one.
    Av1,
    Hevc,
    /// H.264, also called AVC.
    H264,
    Vp9,
}

/// A name that no codec of the network has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no codec `{0}`; known are av1, hevc, h264 and vp9")]
pub struct UnknownCodec(pub String);

impl Codec {
    /// All of them, the network's usual one first.
    pub const ALL: [Self; 4] = [Self::Av1, Self::Hevc, Self::H264, Self::Vp9];

    /// Name as validators and FFmpeg write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Av1 => "av1",
            Self::Hevc => "hevc",
            Self::H264 => "h264",
            Self::Vp9 => "vp9",
        }
    }

    /// By one of its names, in any case. Source: `vidaio/miner/encoding.py` of
    /// `vidAio-subnet/validator-vidaio` at `688b6716`.
    ///
    /// # Errors
    /// Any other name.
    pub fn by_name(name: &str) -> Result<Self, UnknownCodec> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "av1" => Self::Av1,
            "hevc" | "h265" | "h.265" | "x265" => Self::Hevc,
            "h264" | "h.264" | "avc" | "x264" => Self::H264,
            "vp9" => Self::Vp9,
            _ => return Err(UnknownCodec(name.to_owned())),
        })
    }
}

impl std::fmt::Display for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Folds a codec's or encoder's name to its family, as validators do from 2025-12-15 on; a name
/// without a family stays as it is, in lower case.
///
/// Source: `services/scoring/server.py` 1882 at `fea3779`: sub-strings, in this order.
#[must_use]
pub fn codec_family(name: &str) -> String {
    let name = name.to_lowercase();
    let families: [(&str, &[&str]); 5] = [
        ("av1", &["av1", "libaom", "libsvtav1", "svt-av1"]),
        ("hevc", &["hevc", "h265", "x265"]),
        ("h264", &["h264", "avc", "x264"]),
        ("vp9", &["vp9"]),
        ("vp8", &["vp8"]),
    ];
    families
        .iter()
        .find(|(_, parts)| parts.iter().any(|part| name.contains(part)))
        .map_or(name.clone(), |(family, _)| (*family).to_owned())
}
