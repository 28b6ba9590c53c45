//! Views of frames in memory.

/// Layout of a luma plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LumaFormat {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bits per sample, 8 to 16; above 8 a sample occupies two bytes, little-endian.
    pub depth: u32,
}

/// Rows of a plane, and their stride in bytes.
pub type Plane<'a> = (&'a [u8], usize);

/// A borrowed frame with its planes.
#[derive(Debug, Clone, Copy)]
pub struct FrameView<'a> {
    /// Layout of the luma.
    pub format: LumaFormat,
    /// Luma plane.
    pub luma: Plane<'a>,
    /// Both chroma planes of an eight-bit 4:2:0 frame; nothing for other layouts.
    pub chroma: Option<[Plane<'a>; 2]>,
}

fn rows(plane: Plane<'_>, width: usize, height: usize) -> impl Iterator<Item = &[u8]> {
    plane
        .0
        .chunks(plane.1)
        .take(height)
        .map(move |row| &row[..width])
}

impl<'a> FrameView<'a> {
    /// Width and height of the luma in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.format.width as usize, self.format.height as usize)
    }

    /// Width and height of a chroma plane in pixels.
    #[must_use]
    pub fn chroma_size(&self) -> (usize, usize) {
        let (width, height) = self.size();
        (width.div_ceil(2), height.div_ceil(2))
    }

    /// Rows of the luma without padding; one byte per pixel at a depth of 8.
    pub fn luma_rows(&self) -> impl Iterator<Item = &'a [u8]> {
        let (width, height) = self.size();
        rows(self.luma, width, height)
    }

    /// Rows of both chroma planes, if there are any.
    #[must_use]
    pub fn chroma_rows(&self) -> Option<[impl Iterator<Item = &'a [u8]>; 2]> {
        let (width, height) = self.chroma_size();
        Some(self.chroma?.map(|plane| rows(plane, width, height)))
    }
}
