//! Pixels as the metrics want them.

use std::path::{Path, PathBuf};

use ndarray::Array3;

use super::error::MediaError;
use super::ffi::{Filter, FormatFacts, Frame, Scaler, ScalerSettings, Target, YUV420P};

/// Layout of the luma that VMAF is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LumaFormat {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bits a sample, 8 to 16; above 8 a sample takes two bytes, little-endian.
    pub depth: u32,
}

/// Rows of a plane with their stride in bytes.
pub type Plane<'a> = (&'a [u8], usize);

/// A picture with its planes.
#[derive(Debug, Clone, Copy)]
pub struct FrameView<'a> {
    /// Layout of the luma.
    pub format: LumaFormat,
    /// Luma.
    pub luma: Plane<'a>,
    /// Both colour planes of an eight-bit 4:2:0 picture; none for other layouts.
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

    /// Width and height of a colour plane in pixels.
    #[must_use]
    pub fn chroma_size(&self) -> (usize, usize) {
        let (width, height) = self.size();
        (width.div_ceil(2), height.div_ceil(2))
    }

    /// Rows of the luma, without what pads them; one byte a pixel at a depth of 8.
    pub fn luma_rows(&self) -> impl Iterator<Item = &'a [u8]> {
        let (width, height) = self.size();
        rows(self.luma, width, height)
    }

    /// Rows of both colour planes, where there are any.
    #[must_use]
    pub fn chroma_rows(&self) -> Option<[impl Iterator<Item = &'a [u8]>; 2]> {
        let (width, height) = self.chroma_size();
        Some(self.chroma?.map(|plane| rows(plane, width, height)))
    }
}

/// A frame as red, green and blue bytes: rows, columns, channels.
pub type RgbFrame = Array3<u8>;

/// Room behind every row and plane: swscale's vector code may write past the last pixel.
const ROW_ALIGNMENT: usize = 64;

fn refused(path: &Path, frame: &Frame, reason: &str) -> MediaError {
    MediaError::PixelFormat {
        path: path.to_path_buf(),
        format: frame.format_name(),
        reason: reason.to_owned(),
    }
}

/// Why there is no converter: a format that swscale does not know, or no memory for one that it does.
fn no_scaler(path: &Path, frame: &Frame) -> MediaError {
    if Scaler::knows(frame.format()) {
        return MediaError::OutOfMemory {
            path: path.to_path_buf(),
            action: "convert a frame",
        };
    }
    refused(path, frame, "swscale cannot convert it")
}

/// Brings frames to eight-bit 4:2:0, or takes them as they are.
pub struct PixelConverter {
    path: PathBuf,
    native: bool,
    enlarged: Option<(u32, u32)>,
    scaler: Option<Scaler>,
    planes: [Vec<u8>; 3],
}

impl PixelConverter {
    /// For frames of the file `path`, which errors name.
    #[must_use]
    pub fn new(path: &Path, native: bool) -> Self {
        Self {
            path: path.to_path_buf(),
            native,
            enlarged: None,
            scaler: None,
            planes: Default::default(),
        }
    }

    /// Brings every frame to a size as well, if one is given, by Lanczos as validators enlarge.
    #[must_use]
    pub fn enlarged(mut self, size: Option<(u32, u32)>) -> Self {
        self.enlarged = size;
        self
    }

    /// Hands the luma of a frame on: its layout, its bytes and its stride.
    ///
    /// # Errors
    /// A pixel format that cannot be measured or converted.
    pub fn with_luma<T>(
        &mut self,
        frame: &Frame,
        use_it: impl FnOnce(LumaFormat, &[u8], usize) -> T,
    ) -> Result<T, MediaError> {
        self.with_view(frame, |picture| {
            use_it(picture.format, picture.luma.0, picture.luma.1)
        })
    }

    /// Hands a frame on with all its planes.
    ///
    /// # Errors
    /// A pixel format that cannot be measured or converted.
    pub fn with_view<T>(
        &mut self,
        frame: &Frame,
        use_it: impl FnOnce(FrameView<'_>) -> T,
    ) -> Result<T, MediaError> {
        let facts = FormatFacts::of(frame.format())
            .ok_or_else(|| refused(&self.path, frame, "FFmpeg does not know it"))?;
        if facts.hardware {
            return Err(refused(&self.path, frame, "the frame lies on a device"));
        }
        let size = (frame.width(), frame.height());
        let to = self.enlarged.unwrap_or(size);
        // `yuvj420p` is full range and is converted, as validators' own pipelines do.
        let is_target = frame.format_name() == "yuv420p";
        if (self.native || is_target) && to == size {
            return self.as_it_is(frame, facts, is_target, use_it);
        }
        let settings = ScalerSettings {
            width: size.0,
            height: size.1,
            format: frame.format(),
            target: Target::Yuv420p,
            to,
            filter: if self.enlarged.is_some() {
                Filter::Lanczos
            } else {
                Filter::Bicubic
            },
            tags: None,
        };
        let strides = self.prepare(settings);
        let Some(scaler) = self.scaler.as_mut() else {
            return Err(no_scaler(&self.path, frame));
        };
        let [y, u, v] = &mut self.planes;
        if !scaler.convert(frame, &mut [y, u, v], &strides) {
            return Err(refused(&self.path, frame, "swscale failed to convert it"));
        }
        Ok(use_it(FrameView {
            format: LumaFormat {
                width: to.0,
                height: to.1,
                depth: 8,
            },
            luma: (&self.planes[0], strides[0]),
            chroma: Some([(&self.planes[1], strides[1]), (&self.planes[2], strides[2])]),
        }))
    }

    fn as_it_is<T>(
        &self,
        frame: &Frame,
        facts: FormatFacts,
        with_chroma: bool,
        use_it: impl FnOnce(FrameView<'_>) -> T,
    ) -> Result<T, MediaError> {
        if facts.rgb || !facts.planar || facts.big_endian {
            let reason = "only planar little-endian YUV has a luma plane as it is";
            return Err(refused(&self.path, frame, reason));
        }
        if !(8..=16).contains(&facts.depth) {
            return Err(refused(
                &self.path,
                frame,
                "VMAF takes 8 to 16 bits a sample",
            ));
        }
        let luma = frame
            .plane(0)
            .ok_or_else(|| refused(&self.path, frame, "it has no luma plane"))?;
        let chroma = match (frame.plane(1), frame.plane(2)) {
            (Some(u), Some(v)) if with_chroma => Some([u, v]),
            _ => None,
        };
        Ok(use_it(FrameView {
            format: LumaFormat {
                width: frame.width(),
                height: frame.height(),
                depth: facts.depth,
            },
            luma,
            chroma,
        }))
    }

    /// Makes the scaler and the planes for a kind of frame; gives the strides.
    fn prepare(&mut self, settings: ScalerSettings) -> [usize; 3] {
        let (width, height) = (settings.to.0 as usize, settings.to.1 as usize);
        let room = |width: usize| width.next_multiple_of(ROW_ALIGNMENT) + ROW_ALIGNMENT;
        let strides = [
            room(width),
            room(width.div_ceil(2)),
            room(width.div_ceil(2)),
        ];
        if self.scaler.as_ref().map(Scaler::settings) != Some(settings) {
            self.scaler = Scaler::new(settings);
            let half = height.div_ceil(2);
            self.planes = [
                vec![0; strides[0] * (height + 1)],
                vec![0; strides[1] * (half + 1)],
                vec![0; strides[2] * (half + 1)],
            ];
        }
        strides
    }
}

/// Which RGB is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As OpenCV has it for validators: swscale, bicubic, BT.601 limited range whatever the tags say.
    OpenCv,
    /// As FFmpeg's `scale` filter makes it: colours by their tags.
    Filter((u32, u32), Filter),
}

/// Brings frames to RGB.
pub struct RgbConverter {
    path: PathBuf,
    way: Way,
    scaler: Option<Scaler>,
    buffer: Vec<u8>,
}

impl RgbConverter {
    /// At full size, the way OpenCV does for validators; errors name the file `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self::made(path, Way::OpenCv)
    }

    /// At another size, the way FFmpeg's `scale` filter does.
    #[must_use]
    pub fn to_size(path: &Path, size: (u32, u32), filter: Filter) -> Self {
        Self::made(path, Way::Filter(size, filter))
    }

    fn made(path: &Path, way: Way) -> Self {
        Self {
            path: path.to_path_buf(),
            way,
            scaler: None,
            buffer: Vec::new(),
        }
    }

    /// Converts one frame.
    ///
    /// # Errors
    /// A pixel format that swscale cannot convert.
    pub fn convert(&mut self, frame: &Frame) -> Result<RgbFrame, MediaError> {
        let size = (frame.width(), frame.height());
        let (to, filter, tags) = match self.way {
            Way::OpenCv => (size, Filter::Bicubic, None),
            Way::Filter(to, filter) => (to, filter, Some(frame.tags())),
        };
        let settings = ScalerSettings {
            width: size.0,
            height: size.1,
            format: frame.format(),
            target: Target::Rgb24,
            to,
            filter,
            tags,
        };
        let done = self.run(settings, |scaler, buffer, stride| {
            scaler.convert(frame, &mut [buffer], &[stride])
        });
        done.ok_or_else(|| no_scaler(&self.path, frame))
    }

    /// Converts an eight-bit 4:2:0 picture in memory at its own size, as OpenCV does; none if it is
    /// not one.
    pub fn convert_view(&mut self, picture: FrameView<'_>) -> Option<RgbFrame> {
        let size = (picture.format.width, picture.format.height);
        let [u, v] = picture.chroma?;
        let settings = ScalerSettings {
            width: size.0,
            height: size.1,
            format: YUV420P,
            target: Target::Rgb24,
            to: size,
            filter: Filter::Bicubic,
            tags: None,
        };
        self.run(settings, |scaler, buffer, stride| {
            scaler.convert_planes([picture.luma, u, v], &mut [buffer], &[stride])
        })
    }

    fn run(
        &mut self,
        settings: ScalerSettings,
        convert: impl FnOnce(&mut Scaler, &mut [u8], usize) -> bool,
    ) -> Option<RgbFrame> {
        let (width, height) = (settings.to.0 as usize, settings.to.1 as usize);
        let stride = (width * 3).next_multiple_of(ROW_ALIGNMENT) + ROW_ALIGNMENT;
        if self.scaler.as_ref().map(Scaler::settings) != Some(settings) {
            self.scaler = Scaler::new(settings);
            self.buffer = vec![0; stride * (height + 1)];
        }
        if !convert(self.scaler.as_mut()?, &mut self.buffer, stride) {
            return None;
        }
        let mut pixels = Vec::with_capacity(width * height * 3);
        for row in self.buffer.chunks_exact(stride).take(height) {
            pixels.extend_from_slice(&row[..width * 3]);
        }
        Array3::from_shape_vec((height, width, 3), pixels).ok()
    }
}
