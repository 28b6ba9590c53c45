//! The first two convolutions and their pool, once per image instead of once per patch.
//!
//! Patches overlap by more than half, and inside a patch these layers see only the image. The zeros
//! around a patch reach no further than the outermost two rows and columns of the second convolution,
//! which is the outer ring of the pooled 32 by 32 map. So the 30 by 30 inner cells are cut out of one map
//! of the image, and the ring is computed from strips and corners of four pixels with zeros on one side.
//! Every number is the sum of the same products as in the patch-wise form.

use tch::{Device, TchError, Tensor};

use super::Convolution;
use crate::weights::{Weights, WeightsError};

/// Cells along one side of the pooled map.
const CELLS: i64 = 32;

/// Cells that see no zeros.
const INNER: i64 = CELLS - 2;

/// Channels of the pooled map.
const CHANNELS: i64 = 64;

/// Pixels at a border of a patch that decide its outer cells.
const STRIP: i64 = 4;

/// First pixel of the far strip.
const FAR: i64 = 64 - STRIP;

const STEP: i64 = 27;

/// The layers with the most work and the most to share.
#[derive(Debug)]
pub(super) struct Stem {
    first: Convolution,
    second: Convolution,
}

/// On which end of an axis a strip meets the border of its patch.
#[derive(Debug, Clone, Copy)]
enum End {
    Near,
    Far,
}

impl End {
    const BOTH: [Self; 2] = [Self::Near, Self::Far];

    /// First pixel of the strip within its patch.
    fn pixel(self) -> i64 {
        match self {
            Self::Near => 0,
            Self::Far => FAR,
        }
    }

    /// The cell the strip decides.
    fn cell(self) -> i64 {
        match self {
            Self::Near => 0,
            Self::Far => CELLS - 1,
        }
    }

    /// Zeros before and behind.
    fn zeros(self) -> [i64; 2] {
        match self {
            Self::Near => [1, 0],
            Self::Far => [0, 1],
        }
    }
}

impl Stem {
    pub(super) fn new(weights: &mut Weights, device: Device) -> Result<Self, WeightsError> {
        Ok(Self {
            first: Convolution::new(weights, 1, device)?,
            second: Convolution::new(weights, 2, device)?,
        })
    }

    /// The pooled maps of all patches of a tile: image, patch, row, column, channel.
    ///
    /// `region` is image, channel, row, column with channels innermost, and just as large as the tile.
    pub(super) fn patches(
        &self,
        region: &Tensor,
        rows: i64,
        columns: i64,
    ) -> Result<Tensor, TchError> {
        let images = region.size()[0];
        let shape = [images, rows, columns, CELLS, CELLS, CHANNELS];
        let patches = Tensor::f_empty(shape, (region.kind(), region.device()))?;
        self.inner(region, &patches)?;
        for end in End::BOTH {
            self.horizontal(region, &patches, end)?;
            self.vertical(region, &patches, end)?;
            for other in End::BOTH {
                self.corner(region, &patches, end, other)?;
            }
        }
        // Pooling first leaves the rectifier a quarter of the numbers; the order does not matter to either.
        patches
            .f_view([images, rows * columns, CELLS, CELLS, CHANNELS])?
            .f_relu_()
    }

    /// Both convolutions without padding of their own, then the largest of every 2 by 2 neighbours.
    ///
    /// Windows start at every row and column, not at every second one: 27 is odd, so patches need all.
    /// The result is image, row, column, channel.
    fn pooled(&self, input: &Tensor, zeros: [i64; 4]) -> Result<Tensor, TchError> {
        let padded = |map: Tensor| match zeros {
            [0, 0, 0, 0] => Ok(map),
            _ => map
                .f_permute([0, 2, 3, 1])?
                .f_constant_pad_nd(with_channels(zeros))?
                .f_permute([0, 3, 1, 2]),
        };
        let map = self
            .first
            .apply(&padded(input.shallow_clone())?, 0)?
            .f_relu_()?;
        let map = self
            .second
            .apply(&padded(map)?, 0)?
            .f_permute([0, 2, 3, 1])?;
        let map = neighbours(&map, 1)?;
        neighbours(&map, 2)
    }

    fn inner(&self, region: &Tensor, patches: &Tensor) -> Result<(), TchError> {
        let [images, rows, columns] = counts(patches);
        let map = self.pooled(region, [0; 4])?;
        let [image, row, column] = strides(&map);
        let cut = map.f_as_strided(
            [images, rows, columns, INNER, INNER, CHANNELS],
            [image, STEP * row, STEP * column, 2 * row, 2 * column, 1],
            None,
        )?;
        patches
            .f_narrow(3, 1, INNER)?
            .f_narrow(4, 1, INNER)?
            .f_copy_(&cut)
    }

    /// The first or last row of cells of every patch, from strips over the whole width.
    fn horizontal(&self, region: &Tensor, patches: &Tensor, end: End) -> Result<(), TchError> {
        let [images, rows, columns] = counts(patches);
        let [before, behind] = end.zeros();
        let height = region.size()[2];
        let strips = region
            .f_narrow(2, end.pixel(), height - FAR)?
            .f_unfold(2, STRIP, STEP)?
            .f_permute([0, 2, 4, 3, 1])?;
        let map = self.pooled(&batch(&strips)?, [0, 0, before, behind])?;
        let [strip, _, column] = strides(&map);
        let cut = map.f_as_strided(
            [images, rows, columns, INNER, CHANNELS],
            [rows * strip, strip, STEP * column, 2 * column, 1],
            None,
        )?;
        patches
            .f_select(3, end.cell())?
            .f_narrow(3, 1, INNER)?
            .f_copy_(&cut)
    }

    /// The first or last column of cells of every patch, from strips over the whole height.
    fn vertical(&self, region: &Tensor, patches: &Tensor, end: End) -> Result<(), TchError> {
        let [images, rows, columns] = counts(patches);
        let [before, behind] = end.zeros();
        let width = region.size()[3];
        let strips = region
            .f_narrow(3, end.pixel(), width - FAR)?
            .f_unfold(3, STRIP, STEP)?
            .f_permute([0, 3, 2, 4, 1])?;
        let map = self.pooled(&batch(&strips)?, [before, behind, 0, 0])?;
        let [strip, row, _] = strides(&map);
        let cut = map.f_as_strided(
            [images, rows, columns, INNER, CHANNELS],
            [columns * strip, STEP * row, strip, 2 * row, 1],
            None,
        )?;
        patches
            .f_select(4, end.cell())?
            .f_narrow(3, 1, INNER)?
            .f_copy_(&cut)
    }

    /// One of the four corner cells of every patch.
    fn corner(
        &self,
        region: &Tensor,
        patches: &Tensor,
        down: End,
        across: End,
    ) -> Result<(), TchError> {
        let [images, rows, columns] = counts(patches);
        let size = region.size();
        let pieces = region
            .f_narrow(2, down.pixel(), size[2] - FAR)?
            .f_narrow(3, across.pixel(), size[3] - FAR)?
            .f_unfold(2, STRIP, STEP)?
            .f_unfold(3, STRIP, STEP)?
            .f_permute([0, 2, 3, 4, 5, 1])?
            .f_reshape([images * rows * columns, STRIP, STRIP, -1])?
            .f_permute([0, 3, 1, 2])?;
        let [[above, below], [left, right]] = [down.zeros(), across.zeros()];
        let map = self.pooled(&pieces, [left, right, above, below])?;
        let map = map.f_view([images, rows, columns, CHANNELS])?;
        patches
            .f_select(3, down.cell())?
            .f_select(3, across.cell())?
            .f_copy_(&map)
    }
}

/// Images, patch rows and patch columns.
fn counts(patches: &Tensor) -> [i64; 3] {
    let size = patches.size();
    [size[0], size[1], size[2]]
}

/// Numbers from one image, row and column to the next.
fn strides(map: &Tensor) -> [i64; 3] {
    let stride = map.stride();
    [stride[0], stride[1], stride[2]]
}

/// Strips of several images (image, strip, row, column, channel) as one batch with channels innermost.
fn batch(strips: &Tensor) -> Result<Tensor, TchError> {
    let size = strips.size();
    strips
        .f_reshape([size[0] * size[1], size[2], size[3], size[4]])?
        .f_permute([0, 3, 1, 2])
}

/// Zeros left, right, above and below, for a tensor whose innermost axis is the channel.
fn with_channels([left, right, above, below]: [i64; 4]) -> [i64; 6] {
    [0, 0, left, right, above, below]
}

/// The larger of each number and the next one along an axis.
fn neighbours(map: &Tensor, axis: i64) -> Result<Tensor, TchError> {
    let length = map
        .size()
        .get(usize::try_from(axis).unwrap_or(0))
        .map_or(0, |size| size - 1);
    map.f_narrow(axis, 0, length)?
        .f_maximum(&map.f_narrow(axis, 1, length)?)
}
