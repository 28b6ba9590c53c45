//! Pixel formats.

use std::ffi::CStr;

use ffmpeg_sys_next as ff;

/// The structure of a pixel format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct FormatFacts {
    pub(in crate::media) depth: u32,
    pub(in crate::media) components: u32,
    pub(in crate::media) log2_chroma_w: u32,
    pub(in crate::media) log2_chroma_h: u32,
    pub(in crate::media) planar: bool,
    pub(in crate::media) rgb: bool,
    pub(in crate::media) big_endian: bool,
    pub(in crate::media) hardware: bool,
}

/// FFmpeg's name of a pixel format number.
pub(super) fn format_name(format: i32) -> String {
    let Some(format) = pixel_format(format) else {
        return "unknown".into();
    };
    // SAFETY: the number came from FFmpeg, and the name is static or null.
    unsafe {
        let name = ff::av_get_pix_fmt_name(format);
        if name.is_null() {
            return "unknown".into();
        }
        CStr::from_ptr(name).to_string_lossy().into_owned()
    }
}

/// Converts FFmpeg's number to its enumeration, if the loaded library knows the number.
pub(super) fn pixel_format(format: i32) -> Option<ff::AVPixelFormat> {
    if format < 0 || format >= ff::AVPixelFormat::AV_PIX_FMT_NB as i32 {
        return None;
    }
    // SAFETY: the enumeration is `repr(i32)` without holes from -1 to AV_PIX_FMT_NB, and the number
    // was checked to lie inside.
    Some(unsafe { std::mem::transmute::<i32, ff::AVPixelFormat>(format) })
}

impl FormatFacts {
    /// Facts of the format of a frame; `None` for a format unknown to the library.
    pub(in crate::media) fn of(format: i32) -> Option<Self> {
        format_facts(format)
    }
}

pub(super) fn format_facts(format: i32) -> Option<FormatFacts> {
    let format = pixel_format(format)?;
    // SAFETY: the descriptor is static or null.
    let descriptor = unsafe { ff::av_pix_fmt_desc_get(format).as_ref() }?;
    let has = |flag: i32| descriptor.flags & flag as u64 != 0;
    Some(FormatFacts {
        depth: descriptor.comp[0].depth.unsigned_abs(),
        components: u32::from(descriptor.nb_components),
        log2_chroma_w: u32::from(descriptor.log2_chroma_w),
        log2_chroma_h: u32::from(descriptor.log2_chroma_h),
        // A single component is planar, regardless of its flag.
        planar: has(ff::AV_PIX_FMT_FLAG_PLANAR) || descriptor.nb_components == 1,
        rgb: has(ff::AV_PIX_FMT_FLAG_RGB) || has(ff::AV_PIX_FMT_FLAG_PAL),
        big_endian: has(ff::AV_PIX_FMT_FLAG_BE),
        hardware: has(ff::AV_PIX_FMT_FLAG_HWACCEL),
    })
}
