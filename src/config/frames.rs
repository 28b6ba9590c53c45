//! How many frames a network is given, and how many are decoded ahead.
//!
//! Resolved only where a network may run: the published variables have names that other programs use, too,
//! and a number that is none of ours must not keep anybody from a score.

use super::layers::{ConfigError, Layers};

/// Frames on their way to a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameSettings {
    /// Frames at once, from 1 to 64.
    pub batch_size: u32,
    /// Frames decoded ahead, from 1 to 256.
    pub prefetch_frames: u32,
}

impl FrameSettings {
    /// Reads both out of the layers; what is empty takes 1 and 8.
    ///
    /// # Errors
    /// A value of the wrong kind, with its origin.
    pub fn resolve(layers: &Layers) -> Result<Self, ConfigError> {
        let frames = |key, most: u32, usual: u32| {
            if layers.text(key)?.trim().is_empty() {
                return Ok(usual);
            }
            let number = layers.number_within(key, 1, u64::from(most))?;
            Ok(u32::try_from(number).unwrap_or(most))
        };
        Ok(Self {
            batch_size: frames("batch_size", 64, 1)?,
            prefetch_frames: frames("prefetch_frames", 256, 8)?,
        })
    }
}
