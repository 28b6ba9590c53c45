//! The upscaling tasks by name. A name determines the factor and nothing else: inputs have any size.
//!
//! Source: `services/video_scheduler/worker.py` of `vidAio-subnet/vidaio-subnet` at `fea3779`.

use serde::{Deserialize, Serialize};

/// A task as validators name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub enum UpscaleTask {
    /// Twice the size.
    SD2HD,
    /// Twice the size.
    HD24K,
    /// Four times the size.
    SD24K,
    /// Twice the size.
    #[serde(rename = "4K28K")]
    Uhd28K,
}

impl UpscaleTask {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("SD2HD", Self::SD2HD),
        ("HD24K", Self::HD24K),
        ("SD24K", Self::SD24K),
        ("4K28K", Self::Uhd28K),
    ];

    /// Finds a task by its name, ignoring case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let same = |known: &&(&str, Self)| known.0.eq_ignore_ascii_case(name);
        Self::ALL.iter().find(same).map(|(_, task)| *task)
    }

    /// Factor of both sides.
    #[must_use]
    pub fn scale(self) -> u32 {
        match self {
            Self::SD24K => 4,
            Self::SD2HD | Self::HD24K | Self::Uhd28K => 2,
        }
    }
}
