//! The codec families that validators ask for.

use serde::{Deserialize, Serialize};

/// A codec family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// AV1.
    Av1,
    /// H.265.
    Hevc,
    /// H.264.
    H264,
    /// VP9.
    Vp9,
}

impl Codec {
    /// All of them, the network's usual one first.
    pub const ALL: [Self; 4] = [Self::Av1, Self::Hevc, Self::H264, Self::Vp9];

    /// Name as validators and FFmpeg write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Av1 => "av1",
            Self::Hevc => "hevc",
            Self::H264 => "h264",
            Self::Vp9 => "vp9",
        }
    }
}

impl std::fmt::Display for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
