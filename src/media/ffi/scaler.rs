//! swscale: from one pixel format to another at the same size.

use std::ptr::{self, NonNull};

use ffmpeg_sys_next as ff;

use super::frame::{Frame, pixel_format};

/// `SWS_BICUBIC`. A macro up to FFmpeg 7 and a member of an enumeration from 8 on, always this value.
const BICUBIC: i32 = 4;

/// What to convert to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) enum Target {
    /// Eight-bit planar 4:2:0.
    Yuv420p,
    /// Packed red, green, blue bytes.
    Rgb24,
}

/// What a conversion depends on: it is built anew when this changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct ScalerSettings {
    pub(in crate::media) width: u32,
    pub(in crate::media) height: u32,
    pub(in crate::media) format: i32,
    pub(in crate::media) target: Target,
}

/// A prepared conversion.
pub(in crate::media) struct Scaler {
    ptr: NonNull<ff::SwsContext>,
    settings: ScalerSettings,
}

// SAFETY: used by one owner at a time.
unsafe impl Send for Scaler {}

impl Scaler {
    /// Prepares a conversion; `None` if swscale does not know the format.
    ///
    /// Bicubic without further flags is what both FFmpeg's automatic conversion and OpenCV ask
    /// for. No colour matrix is handed over: swscale then takes BT.601 and limited range, except
    /// that formats named `yuvj` count as full range. That is what validators see.
    pub(in crate::media) fn new(settings: ScalerSettings) -> Option<Self> {
        let source = pixel_format(settings.format)?;
        let target = match settings.target {
            Target::Yuv420p => ff::AVPixelFormat::AV_PIX_FMT_YUV420P,
            Target::Rgb24 => ff::AVPixelFormat::AV_PIX_FMT_RGB24,
        };
        let (width, height) = (
            i32::try_from(settings.width).ok()?,
            i32::try_from(settings.height).ok()?,
        );
        // SAFETY: sizes and formats are valid; filters and parameters may be null.
        let ptr = unsafe {
            ff::sws_getContext(
                width,
                height,
                source,
                width,
                height,
                target,
                BICUBIC,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        NonNull::new(ptr).map(|ptr| Self { ptr, settings })
    }

    pub(in crate::media) fn settings(&self) -> ScalerSettings {
        self.settings
    }

    /// Converts a frame of the prepared kind into rows of `strides` bytes.
    ///
    /// `planes` must hold as many rows as the target needs; a wrong size gives `false`.
    pub(in crate::media) fn convert(
        &mut self,
        frame: &Frame,
        planes: &mut [&mut [u8]],
        strides: &[usize],
    ) -> bool {
        let s = self.settings;
        if (frame.width(), frame.height(), frame.format()) != (s.width, s.height, s.format) {
            return false;
        }
        let (w, h) = (s.width as usize, s.height as usize);
        let needed: &[(usize, usize)] = match s.target {
            Target::Yuv420p => &[
                (w, h),
                (w.div_ceil(2), h.div_ceil(2)),
                (w.div_ceil(2), h.div_ceil(2)),
            ],
            Target::Rgb24 => &[(w * 3, h)],
        };
        if planes.len() != needed.len() || strides.len() != needed.len() {
            return false;
        }
        let mut data = [ptr::null_mut(); 4];
        let mut lines = [0_i32; 4];
        for (i, (row, rows)) in needed.iter().enumerate() {
            if strides[i] < *row || planes[i].len() < strides[i] * rows {
                return false;
            }
            data[i] = planes[i].as_mut_ptr();
            let Ok(line) = i32::try_from(strides[i]) else {
                return false;
            };
            lines[i] = line;
        }
        // SAFETY: the source planes belong to a frame of the size and format the context was made
        // for; every target plane was checked to hold its rows.
        let rows = unsafe {
            let source = &*frame.as_ptr();
            ff::sws_scale(
                self.ptr.as_ptr(),
                source.data.as_ptr().cast(),
                source.linesize.as_ptr(),
                0,
                h as i32,
                data.as_ptr(),
                lines.as_ptr(),
            )
        };
        usize::try_from(rows).ok() == Some(h)
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: `self` is the only owner.
        unsafe { ff::sws_freeContext(self.ptr.as_ptr()) };
    }
}
