//! VMAF: both models over one pass of frames, one score a frame and model.

mod context;
mod error;
mod kernels;
mod threads;

pub use context::{VmafContext, VmafSettings, libvmaf_version};
pub use error::VmafError;

/// Names of the built-in models as results state them.
pub const MODEL_NAMES: [&str; 2] = ["vmaf_v0.6.1", "vmaf_v0.6.1neg"];

/// Scores of both models, index by index of the frames that were measured.
#[derive(Debug, Clone, PartialEq)]
pub struct VmafScores {
    /// `vmaf_v0.6.1`; empty if it was not asked for.
    pub base: Vec<f64>,
    /// `vmaf_v0.6.1neg`; empty if it was not asked for.
    pub neg: Vec<f64>,
}
