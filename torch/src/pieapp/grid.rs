//! Where the patches of a frame are, and how they are grouped into tiles that are computed together.

/// Rows and columns of a patch.
pub const PATCH: usize = 64;

/// Pixels from one patch to the next.
pub const STEP: usize = 27;

/// All patches of a frame. Pixels behind the last one are never looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    rows: usize,
    columns: usize,
}

/// A rectangle of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// Patch row and column of its first patch.
    first: (usize, usize),
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Grid {
    /// The grid of a frame, or nothing if not one patch fits.
    #[must_use]
    pub fn new(height: usize, width: usize) -> Option<Self> {
        let along = |length: usize| length.checked_sub(PATCH).map(|rest| rest / STEP + 1);
        Some(Self {
            rows: along(height)?,
            columns: along(width)?,
        })
    }

    /// How many patches there are.
    #[must_use]
    pub fn patches(&self) -> usize {
        self.rows * self.columns
    }

    /// The number of a patch of a tile, counted row by row over the frame.
    pub(super) fn number(&self, tile: &Tile, place: usize) -> usize {
        let row = tile.first.0 + place / tile.columns;
        row * self.columns + tile.first.1 + place % tile.columns
    }

    /// Tiles of at most `chunk` patches. They are near square: the pixels two tiles share are computed twice.
    pub(super) fn tiles(&self, chunk: usize) -> Vec<Tile> {
        let chunk = chunk.max(1);
        let rows = chunk.isqrt().max(chunk / self.columns).min(self.rows);
        let columns = (chunk / rows).min(self.columns);
        let mut tiles = Vec::new();
        for (row, rows) in spread(self.rows, rows) {
            for (column, columns) in spread(self.columns, columns) {
                tiles.push(Tile {
                    first: (row, column),
                    rows,
                    columns,
                });
            }
        }
        tiles
    }
}

impl Tile {
    /// Top, left, height and width in pixels.
    pub(super) fn pixels(&self) -> (usize, usize, usize, usize) {
        let length = |patches: usize| (patches - 1) * STEP + PATCH;
        (
            self.first.0 * STEP,
            self.first.1 * STEP,
            length(self.rows),
            length(self.columns),
        )
    }
}

/// Cuts a length into parts of at most `part`, all within one of each other: start and length of each.
fn spread(length: usize, part: usize) -> impl Iterator<Item = (usize, usize)> {
    let parts = length.div_ceil(part);
    let start = move |number: usize| number * length / parts;
    (0..parts).map(move |number| (start(number), start(number + 1) - start(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_those_of_the_original() {
        let patches =
            |height, width| Grid::new(height, width).map(|grid| (grid.rows, grid.columns));
        assert_eq!(patches(540, 960), Some((18, 34)));
        assert_eq!(patches(1080, 1920), Some((38, 69)));
        assert_eq!(patches(2160, 3840), Some((78, 140)));
        assert_eq!(patches(90, 91), Some((1, 2)));
        assert_eq!(patches(63, 640), None);
    }

    #[test]
    fn tiles_cover_every_patch_once_and_keep_the_limit() {
        for (height, width) in [(64, 64), (64, 2000), (2000, 64), (540, 960), (91, 130)] {
            let grid = Grid {
                rows: (height - 37) / 27,
                columns: (width - 37) / 27,
            };
            for chunk in [1, 2, 3, 16, 64, 1000, usize::MAX] {
                let mut seen = vec![0; grid.patches()];
                for tile in grid.tiles(chunk) {
                    assert!(tile.rows * tile.columns <= chunk);
                    for place in 0..tile.rows * tile.columns {
                        seen[grid.number(&tile, place)] += 1;
                    }
                }
                assert!(
                    seen.iter().all(|count| *count == 1),
                    "{height}x{width} by {chunk}"
                );
            }
        }
    }
}
