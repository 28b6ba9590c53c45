//! Frames as VMAF takes them: eight-bit 4:2:0, or the native luma.

use std::path::{Path, PathBuf};

use super::error::MediaError;
use super::ffi::{Filter, FormatFacts, Frame, ROW_ALIGNMENT, Scaler, ScalerSettings, Target};
use super::unsupported::{no_scaler, refused};
use super::view::{FrameView, LumaFormat};

/// Depths of a sample that libvmaf accepts, in bits.
const VMAF_DEPTHS: std::ops::RangeInclusive<u32> = 8..=16;

/// Converts frames to eight-bit 4:2:0, or passes them on unconverted.
pub struct PixelConverter {
    path: PathBuf,
    native: bool,
    upscaled: Option<(u32, u32)>,
    scaler: Option<Scaler>,
    planes: [Vec<u8>; 3],
}

impl PixelConverter {
    /// For frames of the file `path`, which errors name. `native` passes planar YUV on unconverted.
    #[must_use]
    pub fn new(path: &Path, native: bool) -> Self {
        Self {
            path: path.to_path_buf(),
            native,
            upscaled: None,
            scaler: None,
            planes: Default::default(),
        }
    }

    /// Also scales every frame to a size, if one is given: with Lanczos, as validators upscale.
    #[must_use]
    pub fn upscaled(mut self, size: Option<(u32, u32)>) -> Self {
        self.upscaled = size;
        self
    }

    /// Passes on the luma of a frame: its layout, its bytes and its stride.
    ///
    /// # Errors
    /// A pixel format that cannot be measured or converted.
    pub fn with_luma<T>(
        &mut self,
        frame: &Frame,
        use_it: impl FnOnce(LumaFormat, &[u8], usize) -> T,
    ) -> Result<T, MediaError> {
        self.with_view(frame, |view| use_it(view.format, view.luma.0, view.luma.1))
    }

    /// Passes on a frame with all its planes.
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
        let to = self.upscaled.unwrap_or(size);
        // `yuvj420p` is full range and is converted, as validators' own pipelines do.
        let is_target = frame.format_name() == "yuv420p";
        if (self.native || is_target) && to == size {
            return self.unconverted(frame, facts, is_target, use_it);
        }
        let settings = ScalerSettings {
            width: size.0,
            height: size.1,
            format: frame.format(),
            target: Target::Yuv420p,
            to,
            filter: if self.upscaled.is_some() {
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

    /// Passes on a frame that needs no conversion.
    fn unconverted<T>(
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
        if !VMAF_DEPTHS.contains(&facts.depth) {
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

    /// Prepares the scaler and the planes for frames of a kind; returns the strides.
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
