//! Where the search begins: a small map from the features of a clip to the quality at which VMAF is
//! expected to meet a threshold, fitted by `scripts/fit-prior.py` and kept as data in `prior.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::{Encoder, QualityAxis};
use super::features::Features;
use super::search::Seed;
use crate::rules::VmafModel;

/// The data that is built in.
const DATA: &str = include_str!("prior.toml");

/// Coefficients for one encoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderPrior {
    /// Quality at a threshold of 90 for a clip whose features are all average.
    pub constant: f64,
    /// Quality that a point of the threshold is worth.
    pub threshold: f64,
    /// The same for the features, each less its average in [`Prior::averages`].
    pub features: [f64; 4],
    /// What is added where the NEG model is scored: it gives less, so it wants a finer quality.
    pub neg: f64,
    /// Standard error of the fit with the clip itself left out, in steps of quality.
    pub error: f64,
    /// VMAF points that a step of quality is worth; below 0.
    pub vmaf_slope: f64,
    /// Change of the logarithm of the bytes with a step of quality; below 0.
    pub size_slope: f64,
    /// Clips and settings it was fitted on.
    pub clips: u32,
    /// Settings in all.
    pub settings: u32,
}

/// The whole map.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// When and on what it was fitted.
    pub about: String,
    /// Averages of the features as [`transformed`] gives them.
    pub averages: [f64; 4],
    /// By our name of the encoder.
    pub encoders: BTreeMap<String, EncoderPrior>,
}

/// What earlier runs on this machine add: how far the map was off, and how often that was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Learnt {
    /// Runs it comes from.
    pub runs: u32,
    /// Mean error in steps of quality: above 0 the map was too fine.
    pub bias: f64,
    /// Standard deviation of the errors.
    pub spread: f64,
}

/// Features in the form in which the map is linear.
#[must_use]
pub fn transformed(features: &Features) -> [f64; 4] {
    [
        features.ln_pixels,
        features.spatial.max(0.1).ln(),
        features.temporal.max(0.05).ln(),
        features.ln_bits_per_pixel,
    ]
}

impl Prior {
    /// The map that is built in.
    ///
    /// # Errors
    /// A defect of the data, as text.
    pub fn embedded() -> Result<Self, String> {
        toml::from_str(DATA).map_err(|e| e.to_string())
    }

    /// Quality at which a clip is expected to meet a threshold, in the encoder's own numbers; none
    /// for an encoder that was never fitted.
    #[must_use]
    pub fn quality(
        &self,
        encoder: &str,
        features: &Features,
        threshold: f64,
        model: VmafModel,
    ) -> Option<f64> {
        let map = self.encoders.get(encoder)?;
        let linear: f64 = transformed(features)
            .iter()
            .zip(&self.averages)
            .zip(&map.features)
            .map(|((feature, average), weight)| (feature - average) * weight)
            .sum();
        let model = match model {
            VmafModel::Base => 0.0,
            VmafModel::Neg => map.neg,
        };
        Some(map.constant + (threshold - 90.0) * map.threshold + linear + model)
    }

    /// The seed of a search.
    #[must_use]
    pub fn seed(
        &self,
        encoder: &Encoder,
        axis: &QualityAxis,
        features: &Features,
        (threshold, model): (f64, VmafModel),
        learnt: Option<Learnt>,
    ) -> Seed {
        // An encoder that was never fitted starts from one of the same codec, with a wide error.
        let (name, strange) = if self.encoders.contains_key(encoder.name) {
            (encoder.name, 1.0)
        } else {
            let software = Encoder::of(encoder.codec, false)
                .find(|e| self.encoders.contains_key(e.name))
                .map_or("x264", |e| e.name);
            (software, 2.0)
        };
        let usual = self.encoders.get(name);
        let guess = self
            .quality(name, features, threshold, model)
            .unwrap_or((axis.finest + axis.coarsest) / 2.0);
        let (error, vmaf, size) = usual.map_or((6.0, -0.9, -0.06), |map| {
            (map.error, map.vmaf_slope, map.size_slope)
        });
        // A handful of runs counts for little, many for nearly all.
        let (shift, spread) = match learnt {
            Some(learnt) if learnt.runs > 0 => {
                let trust = f64::from(learnt.runs) / (f64::from(learnt.runs) + 4.0);
                let spread = error * (1.0 - trust) + learnt.spread.max(0.3) * trust;
                (learnt.bias * trust, spread)
            }
            _ => (0.0, error),
        };
        let quality = (guess + shift).clamp(axis.finest, axis.coarsest);
        Seed {
            level: (quality - axis.finest) / axis.step,
            spread: spread * strange / axis.step,
            vmaf_slope: vmaf * axis.step,
            size_slope: size * axis.step,
        }
    }
}
