//! An output as it is compared with others by its metrics.

/// One scored output, in the order in which a validator visits them: the best miner's first.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Whose output it is: a name or a uid.
    pub who: String,
    /// The clip it was made from; outputs of different clips are never compared, an empty name never counts.
    pub clip: String,
    /// VMAF that was scored.
    pub vmaf: f64,
    /// VMAF of the base model, where it was measured.
    pub base: Option<f64>,
    /// Threshold of the task, where it is known.
    pub threshold: Option<f64>,
    /// Compression rate.
    pub rate: f64,
    /// Score; an output without one claims nothing and is never a duplicate.
    pub score: f64,
}
