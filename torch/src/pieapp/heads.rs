//! The dense layers: a score and a weight for each patch, from the differences of its features.

use tch::{Device, Kind, TchError, Tensor};

use crate::weights::{Weights, WeightsError};

/// Channels, and cells of one channel, of the five kept maps.
pub(super) const BLOCKS: [(i64, i64); 5] = [(64, 1024), (128, 256), (256, 64), (256, 16), (512, 4)];

/// Both heads and the scalars behind the first one.
#[derive(Debug)]
pub(super) struct Heads {
    /// The first score layer in five blocks, each with its inputs in the order of the maps in memory.
    blocks: Vec<Tensor>,
    score_bias: Tensor,
    score: (Tensor, Tensor),
    weight_first: (Tensor, Tensor),
    weight_second: (Tensor, Tensor),
    scale: Tensor,
    offset: Tensor,
}

impl Heads {
    pub(super) fn new(weights: &mut Weights, device: Device) -> Result<Self, WeightsError> {
        let whole = weights.take("fc1_score.weight")?;
        let mut blocks = Vec::new();
        let mut start = 0;
        for (channels, cells) in BLOCKS {
            let block = whole.f_narrow(1, start, channels * cells)?;
            blocks.push(channels_inside(&block, channels)?.f_to_device(device)?);
            start += channels * cells;
        }
        drop(whole);
        let mut layer = |name: &str| -> Result<(Tensor, Tensor), WeightsError> {
            let weight = weights
                .take(&format!("{name}.weight"))?
                .f_to_device(device)?;
            Ok((
                weight,
                weights.take(&format!("{name}.bias"))?.f_to_device(device)?,
            ))
        };
        let (weight, bias) = layer("fc1_weight")?;
        let weight_first = (channels_inside(&weight, BLOCKS[4].0)?, bias);
        let (score, weight_second) = (layer("fc2_score")?, layer("fc2_weight")?);
        let (scale, offset) = layer("ref_score_subtract")?;
        let score_bias = weights.take("fc1_score.bias")?.f_to_device(device)?;
        Ok(Self {
            blocks,
            score_bias,
            score,
            weight_first,
            weight_second,
            scale,
            offset,
        })
    }

    /// Score and weight of each patch, from the differences of the five maps.
    pub(super) fn judge(&self, differences: &[Tensor]) -> Result<(Tensor, Tensor), TchError> {
        let patches = differences.first().map_or(0, |block| block.size()[0]);
        let mut hidden = self.score_bias.f_unsqueeze(0)?.f_repeat([patches, 1])?;
        for (difference, block) in differences.iter().zip(&self.blocks) {
            hidden = hidden.f_addmm_(difference, &block.f_tr()?)?;
        }
        let quality = hidden
            .f_relu_()?
            .f_linear(&self.score.0, Some(&self.score.1))?;
        let score = quality
            .f_mul_scalar(0.01)?
            .f_mul(&self.scale)?
            .f_add(&self.offset)?;
        let coarse = differences.last().unwrap_or(&hidden);
        let (first, second) = (&self.weight_first, &self.weight_second);
        let weight = coarse
            .f_linear(&first.0, Some(&first.1))?
            .f_relu_()?
            .f_linear(&second.0, Some(&second.1))?
            .f_add_scalar(1e-6)?;
        Ok((score.f_view([-1])?, weight.f_view([-1])?))
    }

    /// Score and weight of a patch that did not change: all differences are zero.
    pub(super) fn unchanged(&self) -> Result<(f32, f32), TchError> {
        let device = self.score_bias.device();
        let zeros = BLOCKS
            .map(|(channels, cells)| Tensor::f_zeros([1, channels * cells], (Kind::Float, device)));
        let (score, weight) = self.judge(&zeros.into_iter().collect::<Result<Vec<_>, _>>()?)?;
        Ok((f32::try_from(&score)?, f32::try_from(&weight)?))
    }
}

/// Puts the inputs of a dense layer from channel, cell into cell, channel order.
fn channels_inside(weight: &Tensor, channels: i64) -> Result<Tensor, TchError> {
    let outputs = weight.size()[0];
    weight
        .f_reshape([outputs, channels, -1])?
        .f_permute([0, 2, 1])?
        .f_reshape([outputs, -1])
}
