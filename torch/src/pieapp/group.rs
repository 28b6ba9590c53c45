//! Differences of several tiles, collected until the dense layers are worth running.
//!
//! Their first layer has 247 MB of weights, which are read and rearranged for every product: with few
//! patches at a time that takes longer than the product.

use tch::{Device, Kind, TchError, Tensor};

use super::heads::BLOCKS;

/// Patches that make one product efficient; more would only take memory.
const WORTHWHILE: usize = 128;

/// Room for the differences of a number of patches.
#[derive(Debug)]
pub(super) struct Group {
    /// One row per patch for each of the kept maps.
    blocks: Vec<Tensor>,
    /// The number within the frame of each patch held.
    places: Vec<usize>,
    capacity: usize,
}

impl Group {
    /// Room for one tile at least, and for no more than the frame has.
    pub(super) fn new(chunk: usize, patches: usize, device: Device) -> Result<Self, TchError> {
        let capacity = chunk.max(WORTHWHILE).min(patches);
        let rows = super::side(capacity);
        let blocks = BLOCKS.map(|(channels, cells)| {
            Tensor::f_empty([rows, channels * cells], (Kind::Float, device))
        });
        let blocks = blocks.into_iter().collect::<Result<_, _>>()?;
        Ok(Self {
            blocks,
            places: Vec::new(),
            capacity,
        })
    }

    /// Whether so many patches more fit.
    pub(super) fn has_room(&self, patches: usize) -> bool {
        self.places.len() + patches <= self.capacity
    }

    /// Adds patches and returns the rows their differences go to.
    pub(super) fn add(
        &mut self,
        places: impl ExactSizeIterator<Item = usize>,
    ) -> Result<Vec<Tensor>, TchError> {
        let (start, count) = (self.places.len(), places.len());
        self.places.extend(places);
        self.rows(start, count)
    }

    /// Gives out what is held, and forgets it: the rows are valid until the next patches are added.
    pub(super) fn take(&mut self) -> Result<(Vec<usize>, Vec<Tensor>), TchError> {
        let places = std::mem::take(&mut self.places);
        let rows = self.rows(0, places.len())?;
        Ok((places, rows))
    }

    fn rows(&self, start: usize, count: usize) -> Result<Vec<Tensor>, TchError> {
        let (start, count) = (super::side(start), super::side(count));
        self.blocks
            .iter()
            .map(|block| block.f_narrow(0, start, count))
            .collect()
    }
}
