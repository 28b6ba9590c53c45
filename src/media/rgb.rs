//! Frames as RGB.

use std::path::{Path, PathBuf};

use ndarray::Array3;

use super::error::MediaError;
use super::ffi::{Filter, Frame, ROW_ALIGNMENT, Scaler, ScalerSettings, Target, YUV420P};
use super::unsupported::no_scaler;
use super::view::FrameView;

/// An RGB frame, one byte per sample: rows, columns, channels.
pub type RgbFrame = Array3<u8>;

/// Which conversion to RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RgbConversion {
    /// As OpenCV does it for validators: swscale, bicubic, BT.601 in limited range regardless of the tags.
    OpenCv,
    /// As FFmpeg's `scale` filter does it: to a size, with colors by their tags.
    Filter((u32, u32), Filter),
}

/// Converts frames to RGB.
pub struct RgbConverter {
    path: PathBuf,
    conversion: RgbConversion,
    scaler: Option<Scaler>,
    buffer: Vec<u8>,
}

impl RgbConverter {
    /// At full size, as OpenCV does for validators; errors name the file `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self::with(path, RgbConversion::OpenCv)
    }

    /// At another size, as FFmpeg's `scale` filter does.
    #[must_use]
    pub fn to_size(path: &Path, size: (u32, u32), filter: Filter) -> Self {
        Self::with(path, RgbConversion::Filter(size, filter))
    }

    fn with(path: &Path, conversion: RgbConversion) -> Self {
        Self {
            path: path.to_path_buf(),
            conversion,
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
        let (to, filter, tags) = match self.conversion {
            RgbConversion::OpenCv => (size, Filter::Bicubic, None),
            RgbConversion::Filter(to, filter) => (to, filter, Some(frame.tags())),
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

    /// Converts an eight-bit 4:2:0 frame in memory at its own size, as OpenCV does; nothing for another
    /// layout.
    pub fn convert_view(&mut self, view: FrameView<'_>) -> Option<RgbFrame> {
        let size = (view.format.width, view.format.height);
        let [u, v] = view.chroma?;
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
            scaler.convert_planes([view.luma, u, v], &mut [buffer], &[stride])
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
