//! PIE-APP, the learned metric: how different a distorted frame looks from its reference.
//!
//! Patches of 64 by 64 every 27 pixels go through eleven convolutions; the difference of their features
//! gives each patch a score and a weight, and the frame the weighted mean. The network is that of
//! `pieapp_arch.py` in pyiqa 0.1.14.1. What differs is only the way the same sums are reached:
//! neighbouring patches share the first two convolutions, channels are innermost in memory, and patches
//! that are byte for byte the same are not computed.

mod deep;
mod grid;
mod group;
mod heads;
mod stem;

use tch::{Device, Kind, TchError, Tensor};
use vidaio_worker_protocol::ChannelOrder;

use crate::weights::{Weights, WeightsError};
use deep::Deep;
use grid::Tile;
pub use grid::{Grid, PATCH, STEP};
use group::Group;
use heads::Heads;
use stem::Stem;

/// A pair of frames to compare.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Rows of each frame.
    pub height: usize,
    /// Columns of each frame.
    pub width: usize,
    /// What the network is fed.
    pub order: ChannelOrder,
    /// Patches evaluated at once.
    pub chunk: usize,
    /// The reference, then the distorted frame, row by row, red green blue.
    pub bytes: &'a [u8],
}

/// What a pair got.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The network's value as it is.
    pub value: f32,
    /// How many patches it is the mean of.
    pub patches: usize,
}

/// Why a pair got no score.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PieappError {
    /// The weights cannot be used.
    #[error("{0}")]
    Weights(#[from] WeightsError),
    /// Not one patch fits.
    #[error("a frame of {width}x{height} is too small: PIE-APP needs at least 64x64")]
    TooSmall {
        /// Columns of the frame.
        width: usize,
        /// Rows of the frame.
        height: usize,
    },
    /// There are more or fewer bytes than two frames have.
    #[error("two frames of this size have {expected} bytes, {actual} came")]
    Payload {
        /// Bytes of two frames.
        expected: usize,
        /// Bytes that came.
        actual: usize,
    },
    /// No patch at all may be evaluated at once.
    #[error("a chunk must have at least one patch")]
    NoChunk,
    /// libtorch failed.
    #[error("libtorch: {0}")]
    Torch(#[from] TchError),
}

/// The network with its weights, on a device.
#[derive(Debug)]
pub struct Pieapp {
    stem: Stem,
    deep: Deep,
    heads: Heads,
    device: Device,
    threads: i32,
    /// Score and weight of a patch that did not change.
    unchanged: (f32, f32),
}

/// One convolution, its weight with channels innermost.
#[derive(Debug)]
struct Convolution {
    weight: Tensor,
    bias: Tensor,
}

impl Convolution {
    fn new(weights: &mut Weights, number: u32, device: Device) -> Result<Self, WeightsError> {
        let weight = weights
            .take(&format!("conv{number}.weight"))?
            .f_to_device(device)?;
        let bias = weights
            .take(&format!("conv{number}.bias"))?
            .f_to_device(device)?;
        Ok(Self {
            weight: channels_last(&weight)?,
            bias,
        })
    }

    /// The sums before the rectifier.
    fn apply(&self, input: &Tensor, padding: i64) -> Result<Tensor, TchError> {
        input.f_conv2d(&self.weight, Some(&self.bias), 1, padding, 1, 1)
    }
}

/// The same tensor with its second axis innermost in memory.
fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    tensor
        .f_permute([0, 2, 3, 1])?
        .f_contiguous()?
        .f_permute([0, 3, 1, 2])
}

impl Pieapp {
    /// Arranges the weights for the device.
    ///
    /// # Errors
    /// Fails if a tensor is missing or libtorch fails.
    pub fn new(mut weights: Weights, device: Device, threads: u32) -> Result<Self, PieappError> {
        let threads = i32::try_from(threads).unwrap_or(i32::MAX);
        tch::set_num_threads(threads);
        let heads = Heads::new(&mut weights, device)?;
        let unchanged = heads.unchanged()?;
        Ok(Self {
            stem: Stem::new(&mut weights, device)?,
            deep: Deep::new(&mut weights, device)?,
            heads,
            device,
            threads,
            unchanged,
        })
    }

    /// Scores one pair.
    ///
    /// # Errors
    /// Fails if sizes make no sense or libtorch fails.
    pub fn score(&self, pair: &Pair<'_>) -> Result<Score, PieappError> {
        let grid = pair.check()?;
        // Threads are a setting of the calling thread.
        tch::set_num_threads(self.threads);
        let (height, width) = (side(pair.height), side(pair.width));
        let frames = Tensor::f_from_data_size(pair.bytes, &[2, height, width, 3], Kind::Uint8)?;
        let mut group = Group::new(pair.chunk, grid.patches(), self.device)?;
        let mut scores = vec![self.unchanged.0; grid.patches()];
        let mut weights = vec![self.unchanged.1; grid.patches()];
        for tile in grid.tiles(pair.chunk) {
            let changed = pair.changed(&tile);
            if changed.is_empty() {
                continue;
            }
            if !group.has_room(changed.len()) {
                self.judge(&mut group, &mut scores, &mut weights)?;
            }
            let patches = self.patches(&frames, &tile, &changed, pair.order)?;
            let rows = group.add(changed.iter().map(|place| grid.number(&tile, *place)))?;
            self.deep.differences(&patches, &rows)?;
        }
        self.judge(&mut group, &mut scores, &mut weights)?;
        // The last sums are libtorch's as well, so that they round as the original does.
        let weights = Tensor::from_slice(&weights);
        let weighted = Tensor::from_slice(&scores)
            .f_mul(&weights)?
            .f_sum(Kind::Float)?;
        let mean = weighted.f_div(&weights.f_sum(Kind::Float)?)?;
        let value = f32::try_from(&mean)?;
        Ok(Score {
            value,
            patches: grid.patches(),
        })
    }

    /// Notes score and weight of all patches of a group.
    fn judge(
        &self,
        group: &mut Group,
        scores: &mut [f32],
        weights: &mut [f32],
    ) -> Result<(), PieappError> {
        let (places, rows) = group.take()?;
        if places.is_empty() {
            return Ok(());
        }
        let (score, weight) = self.heads.judge(&rows)?;
        let (score, weight) = (
            Vec::<f32>::try_from(&score)?,
            Vec::<f32>::try_from(&weight)?,
        );
        for ((place, score), weight) in places.into_iter().zip(score).zip(weight) {
            scores[place] = score;
            weights[place] = weight;
        }
        Ok(())
    }

    /// The maps of the changed patches of one tile: image, patch, row, column, channel.
    fn patches(
        &self,
        frames: &Tensor,
        tile: &Tile,
        changed: &[usize],
        order: ChannelOrder,
    ) -> Result<Tensor, TchError> {
        let (top, left, height, width) = tile.pixels();
        let region = frames
            .f_narrow(1, side(top), side(height))?
            .f_narrow(2, side(left), side(width))?
            .f_to_device(self.device)?;
        let region = match order {
            ChannelOrder::Bgr => region.f_flip([3])?,
            ChannelOrder::Rgb => region.f_contiguous()?,
        };
        let region = region.f_to_kind(Kind::Float)?.f_permute([0, 3, 1, 2])?;
        let patches = self
            .stem
            .patches(&region, side(tile.rows), side(tile.columns))?;
        if changed.len() == tile.rows * tile.columns {
            return Ok(patches);
        }
        let places: Vec<i64> = changed.iter().map(|place| side(*place)).collect();
        patches.f_index_select(1, &Tensor::from_slice(&places).f_to_device(self.device)?)
    }
}

/// Sizes are those of frames in memory, far from the limits of either type.
fn side(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

impl Pair<'_> {
    fn check(&self) -> Result<Grid, PieappError> {
        let (width, height) = (self.width, self.height);
        let grid = Grid::new(height, width).ok_or(PieappError::TooSmall { width, height })?;
        let expected = width.saturating_mul(height).saturating_mul(6);
        if self.bytes.len() != expected {
            return Err(PieappError::Payload {
                expected,
                actual: self.bytes.len(),
            });
        }
        if self.chunk == 0 {
            return Err(PieappError::NoChunk);
        }
        Ok(grid)
    }

    /// Which patches of a tile differ at all, counted row by row within it.
    fn changed(&self, tile: &Tile) -> Vec<usize> {
        let (reference, distorted) = self.bytes.split_at(self.bytes.len() / 2);
        let (top, left, ..) = tile.pixels();
        let differs = |place: &usize| {
            let top = top + place / tile.columns * STEP;
            let left = left + place % tile.columns * STEP;
            (top..top + PATCH).any(|row| {
                let start = (row * self.width + left) * 3;
                let line = start..start + PATCH * 3;
                reference[line.clone()] != distorted[line]
            })
        };
        (0..tile.rows * tile.columns).filter(differs).collect()
    }
}
