//! Pixels as VMAF and PIE-APP want them.

use std::path::{Path, PathBuf};

use ndarray::Array3;

use super::error::MediaError;
use super::ffi::{FormatFacts, Frame, Scaler, ScalerSettings, Target};

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

/// A frame as red, green and blue bytes: rows, columns, channels.
pub type RgbFrame = Array3<u8>;

/// Room behind every row and plane: swscale's vector code may write past the last pixel.
const ROW_ALIGNMENT: usize = 64;

/// Brings frames to eight-bit 4:2:0, or takes them as they are.
pub struct PixelConverter {
    path: PathBuf,
    native: bool,
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
            scaler: None,
            planes: Default::default(),
        }
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
        let refused = |path: &Path, reason: &str| MediaError::PixelFormat {
            path: path.to_path_buf(),
            format: frame.format_name(),
            reason: reason.to_owned(),
        };
        let facts = FormatFacts::of(frame.format())
            .ok_or_else(|| refused(&self.path, "FFmpeg does not know it"))?;
        if facts.hardware {
            return Err(refused(&self.path, "the frame lies on a device"));
        }
        let (width, height) = (frame.width(), frame.height());
        // `yuvj420p` is full range and is converted, as validators' own pipelines do.
        let is_target = frame.format_name() == "yuv420p";
        if self.native || is_target {
            if facts.rgb || !facts.planar || facts.big_endian {
                return Err(refused(
                    &self.path,
                    "only planar little-endian YUV has a luma plane as it is",
                ));
            }
            if !(8..=16).contains(&facts.depth) {
                return Err(refused(&self.path, "VMAF takes 8 to 16 bits a sample"));
            }
            let (plane, stride) = frame
                .plane(0)
                .ok_or_else(|| refused(&self.path, "it has no luma plane"))?;
            return Ok(use_it(
                LumaFormat {
                    width,
                    height,
                    depth: facts.depth,
                },
                plane,
                stride,
            ));
        }
        let settings = ScalerSettings {
            width,
            height,
            format: frame.format(),
            target: Target::Yuv420p,
        };
        let luma_stride = (width as usize).next_multiple_of(ROW_ALIGNMENT) + ROW_ALIGNMENT;
        let chroma_stride =
            (width as usize).div_ceil(2).next_multiple_of(ROW_ALIGNMENT) + ROW_ALIGNMENT;
        let chroma_rows = (height as usize).div_ceil(2);
        if self.scaler.as_ref().map(Scaler::settings) != Some(settings) {
            self.scaler = Scaler::new(settings);
            self.planes = [
                vec![0; luma_stride * (height as usize + 1)],
                vec![0; chroma_stride * (chroma_rows + 1)],
                vec![0; chroma_stride * (chroma_rows + 1)],
            ];
        }
        let Some(scaler) = self.scaler.as_mut() else {
            return Err(refused(&self.path, "swscale cannot convert it"));
        };
        let [y, u, v] = &mut self.planes;
        if !scaler.convert(
            frame,
            &mut [y, u, v],
            &[luma_stride, chroma_stride, chroma_stride],
        ) {
            return Err(refused(&self.path, "swscale failed to convert it"));
        }
        Ok(use_it(
            LumaFormat {
                width,
                height,
                depth: 8,
            },
            &self.planes[0],
            luma_stride,
        ))
    }
}

/// Brings frames to RGB the way OpenCV does for validators: swscale, bicubic, BT.601 limited range
/// whatever the tags say.
pub struct RgbConverter {
    path: PathBuf,
    scaler: Option<Scaler>,
    buffer: Vec<u8>,
}

impl RgbConverter {
    /// For frames of the file `path`, which errors name.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            scaler: None,
            buffer: Vec::new(),
        }
    }

    /// Converts one frame.
    ///
    /// # Errors
    /// A pixel format that swscale cannot convert.
    pub fn convert(&mut self, frame: &Frame) -> Result<RgbFrame, MediaError> {
        let refused = |path: &Path| MediaError::PixelFormat {
            path: path.to_path_buf(),
            format: frame.format_name(),
            reason: "swscale cannot convert it to RGB".into(),
        };
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let settings = ScalerSettings {
            width: frame.width(),
            height: frame.height(),
            format: frame.format(),
            target: Target::Rgb24,
        };
        let stride = (width * 3).next_multiple_of(ROW_ALIGNMENT) + ROW_ALIGNMENT;
        if self.scaler.as_ref().map(Scaler::settings) != Some(settings) {
            self.scaler = Scaler::new(settings);
            self.buffer = vec![0; stride * (height + 1)];
        }
        let scaler = self.scaler.as_mut().ok_or_else(|| refused(&self.path))?;
        if !scaler.convert(frame, &mut [&mut self.buffer], &[stride]) {
            return Err(refused(&self.path));
        }
        let mut pixels = Vec::with_capacity(width * height * 3);
        for row in self.buffer.chunks_exact(stride).take(height) {
            pixels.extend_from_slice(&row[..width * 3]);
        }
        Array3::from_shape_vec((height, width, 3), pixels).map_err(|_| refused(&self.path))
    }
}
