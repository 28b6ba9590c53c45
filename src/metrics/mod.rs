//! Frames in, numbers out: VMAF through libvmaf, PIE-APP through the libtorch worker.

pub mod pieapp;
pub mod vmaf;
