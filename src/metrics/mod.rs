//! The metrics: frames in, numbers out.

pub mod alignment;
pub mod chroma_psnr;
pub mod color;
pub mod pieapp;
pub mod sampled;
pub mod tone;
pub mod vmaf;
