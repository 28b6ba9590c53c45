//! VMAF: both models in one pass over the frames, with one score per frame and model.

mod context;
mod error;
mod kernels;
mod threads;

pub use context::{VmafContext, VmafSettings, libvmaf_version};
pub use error::VmafError;

/// Names of the built-in models, as libvmaf and records call them.
pub const MODEL_NAMES: [&str; 2] = ["vmaf_v0.6.1", "vmaf_v0.6.1neg"];

/// Scores of both models, in the order of the measured frames.
#[derive(Debug, Clone, PartialEq)]
pub struct VmafScores {
    /// `vmaf_v0.6.1`; empty if it was not requested.
    pub base: Vec<f64>,
    /// `vmaf_v0.6.1neg`; empty if it was not requested.
    pub neg: Vec<f64>,
}
