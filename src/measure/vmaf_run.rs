//! The record of one run of VMAF.

use serde::{Deserialize, Serialize};

use crate::scoring::PooledVmaf;

/// How the frames of a run were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VmafPath {
    /// Every frame.
    All,
    /// Drawn, cut out and compared as if consecutive.
    Cut,
    /// Every n-th scored, motion over all.
    Subsample,
    /// A sub-sample would have been empty, so frames were drawn and cut out, as validators do then.
    FallbackCut,
    /// One drawn second, cut out.
    Second,
    /// Named by hand, cut out and compared as if consecutive: no validator's procedure.
    Listed,
}

/// One run of VMAF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct VmafMeasurement {
    pub path: VmafPath,
    pub seed: u64,
    /// Display indices of the scored frames.
    pub frames: Vec<u64>,
    /// `vmaf_v0.6.1`; absent if it was left out.
    pub base: Option<PooledVmaf>,
    /// `vmaf_v0.6.1neg`; absent if it was left out.
    pub neg: Option<PooledVmaf>,
}
