//! One answered (or failed) video, as multipliers and ledger see it.

use serde::{Deserialize, Serialize};

/// Which task a round was.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TaskType {
    /// More pixels.
    Upscaling,
    /// Fewer bytes.
    Compression,
}

impl TaskType {
    /// Both, in the order in which results show them.
    pub const ALL: [Self; 2] = [Self::Upscaling, Self::Compression];

    /// The name that the network's own records use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Upscaling => "upscaling",
            Self::Compression => "compression",
        }
    }

    /// What the final score is called.
    #[must_use]
    pub fn score_name(self) -> &'static str {
        match self {
            Self::Upscaling => "S_F",
            Self::Compression => "S_f",
        }
    }
}

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The validator itself.
    #[default]
    Synthetic,
    /// A customer, whose request a validator passed on. Upscaled answers have a grade of -1 to 3.
    Organic(Option<i8>),
}

/// One answered (or failed) video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// The task.
    pub task: TaskType,
    /// Final score; -100 stands for a validator's own fault.
    pub s_f: f64,
    /// Quality score, 0 to 1; validators record 0 for compression.
    pub s_q: f64,
    /// VMAF, 0 to 100.
    pub vmaf: f64,
    /// VMAF threshold of a compression task.
    pub threshold: f64,
    /// Output bytes divided by source bytes; absent where nothing was recorded.
    pub rate: Option<f64>,
    /// Who asked.
    pub origin: Origin,
}

impl Round {
    /// An empty answer to a validator's own request.
    #[must_use]
    pub fn new(task: TaskType) -> Self {
        Self {
            task,
            s_f: 0.0,
            s_q: 0.0,
            vmaf: 0.0,
            threshold: 0.0,
            rate: None,
            origin: Origin::Synthetic,
        }
    }
}
