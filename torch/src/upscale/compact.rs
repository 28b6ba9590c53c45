//! The compact video networks of Real-ESRGAN: a plain row of 3x3 convolutions with slopes between them,
//! a pixel shuffle at the end, and the frame itself upscaled underneath.
//!
//! The tensors are `body.0`, `body.1` and so on: even ones convolutions, odd ones slopes. How many there
//! are, how wide, and the factor all follow from their shapes.

use std::collections::HashMap;

use tch::{Device, Kind, Tensor};

use super::UpscaleError;
use crate::weights::WeightsError;

#[derive(Debug)]
enum Layer {
    Convolution { weight: Tensor, bias: Tensor },
    Slopes(Tensor),
}

/// A network of this kind.
#[derive(Debug)]
pub(super) struct Compact {
    layers: Vec<Layer>,
    scale: u32,
    parameters: u64,
}

fn shape(name: &str, actual: &Tensor, expected: &[i64]) -> WeightsError {
    WeightsError::Shape {
        name: name.to_owned(),
        actual: actual.size(),
        expected: expected.to_vec(),
    }
}

impl Compact {
    pub(super) fn new(
        mut tensors: HashMap<String, Tensor>,
        device: Device,
        kind: Kind,
    ) -> Result<Self, UpscaleError> {
        let parameters = tensors.values().map(|t| t.numel() as u64).sum();
        let mut layers = Vec::new();
        let mut channels = 3;
        while let Some(weight) = tensors.remove(&format!("body.{}.weight", layers.len())) {
            let number = layers.len();
            let name = format!("body.{number}.weight");
            let moved = |tensor: Tensor| tensor.f_to_device(device)?.f_to_kind(kind);
            if number % 2 == 0 {
                let outputs = weight.size().first().copied().unwrap_or(0);
                let expected = [outputs, channels, 3, 3];
                if weight.size() != expected {
                    return Err(shape(&name, &weight, &expected).into());
                }
                let bias_name = format!("body.{number}.bias");
                let bias = tensors
                    .remove(&bias_name)
                    .ok_or_else(|| WeightsError::Missing(bias_name.clone()))?;
                if bias.size() != [outputs] {
                    return Err(shape(&bias_name, &bias, &[outputs]).into());
                }
                layers.push(Layer::Convolution {
                    weight: moved(weight)?,
                    bias: moved(bias)?,
                });
                channels = outputs;
            } else {
                if weight.size() != [channels] {
                    return Err(shape(&name, &weight, &[channels]).into());
                }
                layers.push(Layer::Slopes(moved(weight)?));
            }
        }
        if layers.is_empty() {
            return Err(WeightsError::Missing("body.0.weight".into()).into());
        }
        if let Some(stranger) = tensors.keys().next() {
            return Err(WeightsError::Format(format!(
                "tensor {stranger} does not belong to a compact network"
            ))
            .into());
        }
        let scale = (1..=8_u32).find(|s| i64::from(3 * s * s) == channels);
        let (Some(scale), Some(Layer::Convolution { .. })) = (scale, layers.last()) else {
            return Err(WeightsError::Format(format!(
                "the last layer has {channels} channels, which is three times no square"
            ))
            .into());
        };
        Ok(Self {
            layers,
            scale,
            parameters,
        })
    }

    pub(super) fn scale(&self) -> u32 {
        self.scale
    }

    pub(super) fn parameters(&self) -> u64 {
        self.parameters
    }

    pub(super) fn forward(&self, pictures: &Tensor) -> Result<Tensor, UpscaleError> {
        let mut x = pictures.shallow_clone();
        for layer in &self.layers {
            x = match layer {
                Layer::Convolution { weight, bias } => {
                    x.f_conv2d(weight, Some(bias), [1, 1], [1, 1], [1, 1], 1)?
                }
                Layer::Slopes(slopes) => x.f_prelu(slopes)?,
            };
        }
        let scale = i64::from(self.scale);
        let size = pictures.size();
        let under = pictures.f_upsample_nearest2d(
            [size[2] * scale, size[3] * scale],
            Some(scale as f64),
            Some(scale as f64),
        )?;
        Ok(x.f_pixel_shuffle(scale)?.f_add(&under)?)
    }
}
