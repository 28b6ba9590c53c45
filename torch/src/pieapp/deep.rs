//! Convolutions three to eleven, patch by patch, and the differences of the maps that are kept.

use tch::{Device, TchError, Tensor};

use super::Convolution;
use crate::weights::{Weights, WeightsError};

/// The layers after the first pool.
#[derive(Debug)]
pub(super) struct Deep {
    /// Convolutions three to eleven.
    layers: Vec<Convolution>,
}

impl Deep {
    pub(super) fn new(weights: &mut Weights, device: Device) -> Result<Self, WeightsError> {
        let layers = (3..=11).map(|number| Convolution::new(weights, number, device));
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
        })
    }

    /// Writes reference minus distorted of the five kept maps, one row per patch: row, column, channel.
    ///
    /// `patches` is image, patch, row, column, channel.
    pub(super) fn differences(&self, patches: &Tensor, rows: &[Tensor]) -> Result<(), TchError> {
        let mut map = patches.f_flatten(0, 1)?.f_permute([0, 3, 1, 2])?;
        let mut rows = rows.iter();
        // Odd layers are kept and followed by an even one, which is followed by a pool.
        for (number, layer) in (3..).zip(&self.layers) {
            map = layer.apply(&map, 1)?;
            if number % 2 == 0 {
                map = halve(&map)?.f_relu_()?;
                continue;
            }
            map = map.f_relu_()?;
            if let Some(rows) = rows.next() {
                let pairs = map
                    .f_permute([0, 2, 3, 1])?
                    .f_view([2, map.size()[0] / 2, -1])?;
                drop(pairs.f_get(0)?.f_sub_out(rows, &pairs.f_get(1)?)?);
            }
        }
        Ok(())
    }
}

/// The largest of each 2 by 2 cells.
///
/// Three comparisons are faster here than libtorch's pool, which also notes where each maximum was.
fn halve(map: &Tensor) -> Result<Tensor, TchError> {
    let pair = |map: &Tensor, axis: i64| {
        map.f_slice(axis, 0, None, 2)?
            .f_maximum(&map.f_slice(axis, 1, None, 2)?)
    };
    pair(&pair(map, 3)?, 2)
}
