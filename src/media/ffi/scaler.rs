//! swscale: conversion from one pixel format and size to another.

use std::ptr::{self, NonNull};

use ffmpeg_sys_next as ff;

use super::format::pixel_format;
use super::frame::Frame;
use super::tags::Tags;

// These are macros up to FFmpeg 7 and members of an enumeration from 8 on, always these values.
const BILINEAR: i32 = 2;
const BICUBIC: i32 = 4;
const LANCZOS: i32 = 0x200;

/// Alignment of rows in bytes, and padding after each: swscale's vector code may write past the last pixel.
pub(in crate::media) const ROW_ALIGNMENT: usize = 64;

/// FFmpeg's number of the eight-bit 4:2:0 format.
pub(in crate::media) const YUV420P: i32 = ff::AVPixelFormat::AV_PIX_FMT_YUV420P as i32;

/// What to convert to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) enum Target {
    /// Eight-bit planar 4:2:0.
    Yuv420p,
    /// Packed red, green, blue bytes.
    Rgb24,
}

/// How pixels are interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// FFmpeg's `bilinear`.
    Bilinear,
    /// FFmpeg's `bicubic`, its default.
    Bicubic,
    /// FFmpeg's `lanczos`.
    Lanczos,
}

/// What a conversion depends on: it is prepared again if this changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct ScalerSettings {
    pub(in crate::media) width: u32,
    pub(in crate::media) height: u32,
    pub(in crate::media) format: i32,
    pub(in crate::media) target: Target,
    /// Size of the result.
    pub(in crate::media) to: (u32, u32),
    pub(in crate::media) filter: Filter,
    /// Colors by these tags, as FFmpeg's `scale` filter converts them; without, BT.601 in limited range
    /// regardless of the tags, as OpenCV does.
    pub(in crate::media) tags: Option<Tags>,
}

/// A prepared conversion.
pub(in crate::media) struct Scaler {
    ptr: NonNull<ff::SwsContext>,
    settings: ScalerSettings,
}

// SAFETY: used by one owner at a time.
unsafe impl Send for Scaler {}

impl Scaler {
    /// Whether swscale can convert frames of a format.
    pub(in crate::media) fn knows(format: i32) -> bool {
        // SAFETY: looks a valid number up in a table.
        pixel_format(format).is_some_and(|format| unsafe { ff::sws_isSupportedInput(format) } > 0)
    }

    /// Prepares a conversion; `None` if swscale does not know the format.
    ///
    /// FFmpeg's automatic conversion and OpenCV both use bicubic without further flags. Formats named `yuvj`
    /// always count as full range.
    pub(in crate::media) fn new(settings: ScalerSettings) -> Option<Self> {
        let source = pixel_format(settings.format)?;
        let target = match settings.target {
            Target::Yuv420p => ff::AVPixelFormat::AV_PIX_FMT_YUV420P,
            Target::Rgb24 => ff::AVPixelFormat::AV_PIX_FMT_RGB24,
        };
        let filter = match settings.filter {
            Filter::Bilinear => BILINEAR,
            Filter::Bicubic => BICUBIC,
            Filter::Lanczos => LANCZOS,
        };
        let int = |n: u32| i32::try_from(n).ok();
        let (width, height) = (int(settings.width)?, int(settings.height)?);
        let to = (int(settings.to.0)?, int(settings.to.1)?);
        // SAFETY: sizes and formats are valid; filters and parameters may be null.
        let ptr = unsafe {
            ff::sws_getContext(
                width,
                height,
                source,
                to.0,
                to.1,
                target,
                filter,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        let scaler = Self {
            ptr: NonNull::new(ptr)?,
            settings,
        };
        if let Some(tags) = settings.tags {
            scaler.apply(tags);
        }
        Some(scaler)
    }

    /// Sets the matrix and the range of a conversion by the tags of the frame.
    fn apply(&self, tags: Tags) {
        let mut inverse = ptr::null_mut();
        let mut table = ptr::null_mut();
        let (mut from, mut to) = (0, 0);
        let (mut brightness, mut contrast, mut saturation) = (0, 0, 0);
        // SAFETY: every pointer is valid for writing; the tables that come back are static or belong
        // to the context, which outlives the call. A refusal leaves the defaults, which is harmless.
        unsafe {
            let code = ff::sws_getColorspaceDetails(
                self.ptr.as_ptr(),
                &raw mut inverse,
                &raw mut from,
                &raw mut table,
                &raw mut to,
                &raw mut brightness,
                &raw mut contrast,
                &raw mut saturation,
            );
            if code < 0 {
                return;
            }
            let matrix = ff::sws_getCoefficients(tags.matrix);
            let from = tags.full_range.map_or(from, i32::from);
            ff::sws_setColorspaceDetails(
                self.ptr.as_ptr(),
                matrix,
                from,
                matrix,
                to,
                brightness,
                contrast,
                saturation,
            );
        }
    }

    pub(in crate::media) fn settings(&self) -> ScalerSettings {
        self.settings
    }

    /// Converts a frame of the prepared format and size into rows of `strides` bytes.
    ///
    /// `planes` must hold as many rows as the target needs; a wrong size returns `false`.
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
        // SAFETY: the frame lives through the call.
        let source = unsafe { &*frame.as_ptr() };
        let mut data = [ptr::null(); 4];
        let mut lines = [0_i32; 4];
        for i in 0..4 {
            data[i] = source.data[i].cast_const();
            lines[i] = source.linesize[i];
        }
        self.scale(data, lines, planes, strides)
    }

    /// Converts an eight-bit 4:2:0 frame in memory.
    pub(in crate::media) fn convert_planes(
        &mut self,
        source: [(&[u8], usize); 3],
        planes: &mut [&mut [u8]],
        strides: &[usize],
    ) -> bool {
        let s = self.settings;
        if s.format != YUV420P {
            return false;
        }
        let (w, h) = (s.width as usize, s.height as usize);
        let half = (w.div_ceil(2), h.div_ceil(2));
        let mut data = [ptr::null(); 4];
        let mut lines = [0_i32; 4];
        for (i, ((plane, stride), (row, rows))) in
            source.iter().zip([(w, h), half, half]).enumerate()
        {
            if *stride < row || plane.len() < stride * (rows - 1) + row {
                return false;
            }
            data[i] = plane.as_ptr();
            let Ok(line) = i32::try_from(*stride) else {
                return false;
            };
            lines[i] = line;
        }
        self.scale(data, lines, planes, strides)
    }

    fn scale(
        &mut self,
        source: [*const u8; 4],
        source_lines: [i32; 4],
        planes: &mut [&mut [u8]],
        strides: &[usize],
    ) -> bool {
        let s = self.settings;
        let (w, h) = (s.to.0 as usize, s.to.1 as usize);
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
        // SAFETY: the source planes were checked, or belong to a frame of the size and format that
        // the context was made for; every target plane was checked to hold its rows.
        let rows = unsafe {
            ff::sws_scale(
                self.ptr.as_ptr(),
                source.as_ptr(),
                source_lines.as_ptr(),
                0,
                s.height as i32,
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
