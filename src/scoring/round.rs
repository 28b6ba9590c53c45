//! One processed (or failed) video, as multipliers and ledger see it.

use crate::domain::{Origin, Task};

/// One processed (or failed) video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    pub task: Task,
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
    /// A validator's grade of an organic upscaling, -1 to 3.
    pub grade: Option<i8>,
}

impl Round {
    /// An empty output for a validator's own request.
    #[must_use]
    pub fn new(task: Task) -> Self {
        Self {
            task,
            s_f: 0.0,
            s_q: 0.0,
            vmaf: 0.0,
            threshold: 0.0,
            rate: None,
            origin: Origin::Synthetic,
            grade: None,
        }
    }
}
