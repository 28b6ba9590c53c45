//! Synthetic weights with known values, for tests only: the real ones may not be shipped.
//!
//! Every number follows from a 32-bit hash of its place, so that any program can make the same file.

use super::names::{Spec, specs};

/// How the numbers of one tensor are made.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Name and shape.
    pub spec: Spec,
    /// Added to the place of a number before it is hashed.
    seed: u32,
    /// What the hash is multiplied by.
    scale: f32,
    /// Whether signs are dropped.
    absolute: bool,
    /// One number for all places instead.
    fixed: Option<f32>,
}

/// A hash of 32 bits that reaches every bit.
#[must_use]
pub fn mix32(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The recipes of all tensors, in the order of the network.
#[must_use]
pub fn recipes() -> Vec<Recipe> {
    (0_u32..)
        .zip(specs())
        .map(|(number, spec)| {
            let seed = mix32(0x5049_4541 + number);
            let (amplitude, absolute, fixed) = character(&spec);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "one rounding to float32 is the recipe"
            )]
            let scale = (amplitude / f64::from(1 << 23)) as f32;
            Recipe {
                spec,
                seed,
                scale,
                absolute,
                fixed,
            }
        })
        .collect()
}

/// Amplitude, whether signs are dropped, and a fixed number.
fn character(spec: &Spec) -> (f64, bool, Option<f32>) {
    match spec.name.as_str() {
        "fc1_score.weight" => (0.01, false, None),
        "fc1_score.bias" => (2.0, false, None),
        "fc2_score.weight" => (0.04, true, None),
        "fc2_score.bias" => (0.25, false, None),
        "fc1_weight.weight" => (0.02, false, None),
        "fc2_weight.weight" => (0.05, true, None),
        "fc2_weight.bias" => (0.0, false, Some(0.05)),
        "ref_score_subtract.weight" => (0.0, false, Some(0.875)),
        "ref_score_subtract.bias" => (0.0, false, Some(-0.0625)),
        // Convolutions: He's uniform bound keeps the maps at one size through eleven layers.
        name if name.ends_with(".weight") => {
            let inputs = spec.shape.get(1).copied().unwrap_or(1);
            #[expect(clippy::cast_precision_loss, reason = "at most 512")]
            let inputs = inputs as f64;
            ((6.0 / (9.0 * inputs)).sqrt(), false, None)
        }
        _ => (1.0, false, None),
    }
}

impl Recipe {
    /// The number at a place, counted row by row.
    #[must_use]
    pub fn value(&self, place: u32) -> f32 {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let hash =
            i32::try_from(mix32(place.wrapping_add(self.seed)) >> 8).unwrap_or(0) - (1 << 23);
        let hash = if self.absolute { hash.abs() } else { hash };
        #[expect(clippy::cast_precision_loss, reason = "24 bits fit a float32")]
        let hash = hash as f32;
        hash * self.scale
    }

    /// Appends the numbers from `start` to `end` as little-endian bytes.
    pub fn bytes(&self, start: u32, end: u32, out: &mut Vec<u8>) {
        for place in start..end {
            out.extend_from_slice(&self.value(place).to_le_bytes());
        }
    }
}
