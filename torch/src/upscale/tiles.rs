//! Frames in tiles: each sees more than it keeps, so that where two meet both saw the same.

/// How frames are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    /// Longest side of what a tile keeps; 0 takes frames whole.
    pub tile: u32,
    /// Pixels that a tile sees beyond each side of what it keeps.
    pub overlap: u32,
}

/// A part of a frame in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) top: i64,
    pub(super) left: i64,
    pub(super) rows: i64,
    pub(super) columns: i64,
}

/// What a tile sees and what of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) seen: Area,
    pub(super) kept: Area,
}

/// Parts of a side of nearly equal length, none longer than `most`: start and length.
fn parts(side: i64, most: i64) -> Vec<(i64, i64)> {
    let count = (side + most - 1) / most;
    (0..count)
        .map(|i| {
            let (start, end) = (side * i / count, side * (i + 1) / count);
            (start, end - start)
        })
        .collect()
}

impl Tiling {
    /// The tiles of a frame, row by row.
    pub(super) fn tiles(self, height: i64, width: i64) -> Vec<Tile> {
        let most = match i64::from(self.tile) {
            0 => height.max(width),
            side => side,
        };
        let overlap = i64::from(self.overlap);
        let wider = |(start, length): (i64, i64), side: i64| {
            let first = (start - overlap).max(0);
            let end = (start + length + overlap).min(side);
            (first, end - first)
        };
        let mut tiles = Vec::new();
        for row in parts(height, most) {
            for column in parts(width, most) {
                let (seen_row, seen_column) = (wider(row, height), wider(column, width));
                tiles.push(Tile {
                    seen: Area {
                        top: seen_row.0,
                        left: seen_column.0,
                        rows: seen_row.1,
                        columns: seen_column.1,
                    },
                    kept: Area {
                        top: row.0,
                        left: column.0,
                        rows: row.1,
                        columns: column.1,
                    },
                });
            }
        }
        tiles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_every_pixel_once_and_see_beyond() {
        for (height, width, tile, overlap) in [(1, 1, 0, 0), (97, 33, 16, 5), (540, 960, 256, 24)] {
            let tiling = Tiling { tile, overlap };
            let mut seen = vec![0; (height * width) as usize];
            for t in tiling.tiles(height, width) {
                let (k, s) = (t.kept, t.seen);
                for row in k.top..k.top + k.rows {
                    for column in k.left..k.left + k.columns {
                        seen[(row * width + column) as usize] += 1;
                    }
                }
                let beyond = i64::from(overlap);
                assert_eq!(s.top, (k.top - beyond).max(0));
                assert_eq!(s.left + s.columns, (k.left + k.columns + beyond).min(width));
            }
            assert!(seen.iter().all(|count| *count == 1));
        }
    }
}
