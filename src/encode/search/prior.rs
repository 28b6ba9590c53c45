//! The starting point of a search: a linear map from the features of a clip to the quality at which VMAF is
//! expected to equal a threshold. `scripts/fit-prior.py` fits it; `prior.toml` stores it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::features::Features;
use crate::encode::encoders::catalogue::{Encoder, QualityAxis};
use crate::encode::search::Seed;
use crate::rules::VmafModel;

/// The built-in map.
const DATA: &str = include_str!("prior.toml");

/// Threshold at which the map's constants hold; the fit uses the same offset.
const THRESHOLD_OFFSET: f64 = 90.0;
/// Factor on the error of a map that was fitted for another encoder of the same codec. Our choice.
const WIDENING_OF_STAND_IN: f64 = 2.0;
/// Error, VMAF slope and size slope without any fit, per unit of quality. Our choice: typical of CRF.
const WITHOUT_FIT: (f64, f64, f64) = (6.0, -0.9, -0.06);
/// Number of earlier searches at which their correction weighs as much as the map. Our choice.
const RUNS_OF_HALF_TRUST: f64 = 4.0;
/// Smallest standard deviation that earlier searches are credited with, as the encoder's quality value. Our
/// choice: few searches may agree by chance.
const LEAST_SPREAD: f64 = 0.3;

/// The coefficients of one encoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderPrior {
    /// Quality at a threshold of `THRESHOLD_OFFSET` for a clip with average features.
    pub constant: f64,
    /// Change of quality per point of the threshold.
    pub threshold: f64,
    /// Change of quality per unit of each feature, relative to [`Prior::averages`].
    pub features: [f64; 4],
    /// Added if the NEG model is scored: it yields lower values, so finer quality is needed.
    pub neg: f64,
    /// Leave-one-clip-out standard error of the fit, as the encoder's quality value.
    pub error: f64,
    /// VMAF points per unit of quality; below 0.
    pub vmaf_slope: f64,
    /// Change of the natural logarithm of the bytes per unit of quality; below 0.
    pub size_slope: f64,
    /// Number of clips it was fitted on.
    pub clips: u32,
    /// Number of measurements it was fitted on.
    pub settings: u32,
}

/// The map for all encoders.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// When and on which clips it was fitted.
    pub about: String,
    /// Averages of the [`transformed`] features.
    pub averages: [f64; 4],
    /// Coefficients by the encoder's name on the command line.
    pub encoders: BTreeMap<String, EncoderPrior>,
}

/// The correction from earlier searches on this machine: by how much the map was off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Learnt {
    /// Number of searches.
    pub runs: u32,
    /// Mean error as the encoder's quality value; above 0 the map was too fine.
    pub bias: f64,
    /// Standard deviation of the errors.
    pub spread: f64,
}

/// Least spatial and temporal differences, in luma steps: a black or a still clip has a logarithm, too. The
/// fit uses the same.
const LEAST_SPATIAL: f64 = 0.1;
const LEAST_TEMPORAL: f64 = 0.05;

/// The features in the form in which the map is linear in them.
#[must_use]
pub fn transformed(features: &Features) -> [f64; 4] {
    [
        features.ln_pixels,
        features.spatial.max(LEAST_SPATIAL).ln(),
        features.temporal.max(LEAST_TEMPORAL).ln(),
        features.ln_bits_per_pixel,
    ]
}

impl Prior {
    /// The built-in map.
    ///
    /// # Errors
    /// The built-in data are damaged, as text.
    pub fn embedded() -> Result<Self, String> {
        toml::from_str(DATA).map_err(|e| e.to_string())
    }

    /// The quality at which VMAF is expected to equal a threshold, as the encoder's quality value; nothing for an
    /// encoder without a fit.
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
        Some(map.constant + (threshold - THRESHOLD_OFFSET) * map.threshold + linear + model)
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
        // An encoder without a fit starts from one of the same codec, with a wider error.
        let (name, widening) = if self.encoders.contains_key(encoder.name) {
            (encoder.name, 1.0)
        } else {
            let software = Encoder::of(encoder.codec, false)
                .find(|e| self.encoders.contains_key(e.name))
                .map_or("x264", |e| e.name);
            (software, WIDENING_OF_STAND_IN)
        };
        let map = self.encoders.get(name);
        let guess = self
            .quality(name, features, threshold, model)
            .unwrap_or((axis.finest + axis.coarsest) / 2.0);
        let (error, vmaf, size) = map.map_or(WITHOUT_FIT, |map| {
            (map.error, map.vmaf_slope, map.size_slope)
        });
        // The correction gains weight with the number of searches it comes from.
        let (shift, spread) = match learnt {
            Some(learnt) if learnt.runs > 0 => {
                let runs = f64::from(learnt.runs);
                let trust = runs / (runs + RUNS_OF_HALF_TRUST);
                let spread = error * (1.0 - trust) + learnt.spread.max(LEAST_SPREAD) * trust;
                (learnt.bias * trust, spread)
            }
            _ => (0.0, error),
        };
        let quality = (guess + shift).clamp(axis.finest, axis.coarsest);
        Seed {
            level: (quality - axis.finest) / axis.step,
            spread: spread * widening / axis.step,
            vmaf_slope: vmaf * axis.step,
            size_slope: size * axis.step,
        }
    }
}
