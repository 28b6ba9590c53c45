//! Inputs that have no score. Upstream computes something for many of them; see each message.

/// Why a number could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScoringError {
    /// A value is NaN or infinite. Upstream lets NaN through and may even give a full score for it.
    #[error("{what} is {value}, but only finite numbers can be scored")]
    NotFinite { what: &'static str, value: f64 },
    /// A compression rate of zero or below. Upstream divides by it or raises it to a power.
    #[error("compression rate {0} is not above zero")]
    Rate(f64),
    /// The quality term divides by `100 - threshold`, and this revision does not guard it.
    #[error(
        "a threshold of {threshold} leaves no room below 100: this formula divides by zero there"
    )]
    ThresholdLeavesNoRoom { threshold: f64 },
    /// The two weights must sum to 1 within 0.01.
    #[error("the weights {rate} and {quality} do not sum to 1")]
    Weights {
        /// Weight of the compression component.
        rate: f64,
        /// Weight of the quality component.
        quality: f64,
    },
    /// The logarithm of the length score has no value there.
    #[error(
        "a content length of {0} seconds has no length score: it must be above -1, and is at least 0 in practice"
    )]
    Length(f64),
    /// The model that the revision scores was left out of the measurement.
    #[error("{rules} scores the {model} VMAF model, which was not measured")]
    ModelNotMeasured {
        rules: String,
        /// `base` or `NEG`.
        model: &'static str,
    },
    /// No frame scores were given.
    #[error("there are no frame scores to pool")]
    NoFrames,
    /// No frame has a score above zero, so the plain harmonic mean has nothing to average.
    #[error(
        "no frame scores above zero, so the plain harmonic mean does not exist; a validator falls back to its other path"
    )]
    NoPositiveFrame,
    /// A compression without a threshold, where the rules have several.
    #[error(
        "a compression is scored against a VMAF threshold, and none was given; under {rules} validators ask for {thresholds}"
    )]
    NoThreshold {
        rules: String,
        /// Its thresholds, in words.
        thresholds: String,
    },
    /// The revision is older than the compression task.
    #[error("revision {0} has no compression task (it began on 2025-08-14)")]
    NoCompressionTask(String),
}

/// Rejects NaN and infinities by name.
pub(super) fn finite(what: &'static str, value: f64) -> Result<f64, ScoringError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(ScoringError::NotFinite { what, value })
    }
}
