//! An owned decoded frame.

use std::ffi::CStr;
use std::ptr::NonNull;

use ffmpeg_sys_next as ff;

/// One decoded frame. It cannot be copied, because frames are large.
pub struct Frame {
    ptr: NonNull<ff::AVFrame>,
}

// SAFETY: an AVFrame is plain data with atomically counted buffers, owned by this value alone.
unsafe impl Send for Frame {}
// SAFETY: shared references only read.
unsafe impl Sync for Frame {}

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

impl Frame {
    /// An empty frame for a decoder or scaler to fill; `None` if memory ran out.
    pub(super) fn empty() -> Option<Self> {
        // SAFETY: allocates a frame with default fields, or returns null.
        NonNull::new(unsafe { ff::av_frame_alloc() }).map(|ptr| Self { ptr })
    }

    /// Another reference to the same pixels, which are not copied; `None` if memory ran out.
    pub(in crate::media) fn share(&self) -> Option<Self> {
        // SAFETY: the source is valid; the clone has references of its own to the pixels, which
        // nobody writes to once they are decoded.
        NonNull::new(unsafe { ff::av_frame_clone(self.ptr.as_ptr()) }).map(|ptr| Self { ptr })
    }

    pub(super) fn as_ptr(&self) -> *mut ff::AVFrame {
        self.ptr.as_ptr()
    }

    fn get(&self) -> &ff::AVFrame {
        // SAFETY: the pointer is valid for the life of `self`, and nobody writes through it
        // while a shared reference lives.
        unsafe { self.ptr.as_ref() }
    }

    /// Width in pixels, as coded.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.get().width.unsigned_abs()
    }

    /// Height in pixels, as coded.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.get().height.unsigned_abs()
    }

    /// FFmpeg's number of the pixel format.
    pub(in crate::media) fn format(&self) -> i32 {
        self.get().format
    }

    /// FFmpeg's name of the pixel format.
    #[must_use]
    pub fn format_name(&self) -> String {
        format_name(self.format())
    }

    /// Presentation time in the stream's time base, if it is known.
    pub(in crate::media) fn timestamp(&self) -> Option<i64> {
        let frame = self.get();
        [frame.best_effort_timestamp, frame.pts]
            .into_iter()
            .find(|t| *t != ff::AV_NOPTS_VALUE)
    }

    /// The color tags of the frame, as FFmpeg's numbers; an untagged matrix counts as BT.601.
    pub(in crate::media) fn tags(&self) -> super::scaler::Tags {
        let frame = self.get();
        let matrix = frame.colorspace as i32;
        super::scaler::Tags {
            // As FFmpeg's `scale` filter: an unknown matrix becomes BT.470BG, which is BT.601.
            matrix: if !(1..=10).contains(&matrix) || matrix == 8 {
                5
            } else {
                matrix
            },
            full_range: match frame.color_range {
                ff::AVColorRange::AVCOL_RANGE_JPEG => Some(true),
                ff::AVColorRange::AVCOL_RANGE_MPEG => Some(false),
                _ => None,
            },
        }
    }

    /// Whether the decoder had to conceal damage.
    pub(in crate::media) fn is_damaged(&self) -> bool {
        let frame = self.get();
        frame.decode_error_flags != 0 || frame.flags & ff::AV_FRAME_FLAG_CORRUPT != 0
    }

    /// Rows of one plane with their stride: bytes from the first to the last row.
    ///
    /// Returns `None` if the format has no such plane.
    #[must_use]
    pub fn plane(&self, plane: usize) -> Option<(&[u8], usize)> {
        let facts = format_facts(self.format())?;
        let frame = self.get();
        let data = *frame.data.get(plane)?;
        let stride = usize::try_from(*frame.linesize.get(plane)?).ok()?;
        if data.is_null() || stride == 0 {
            return None;
        }
        let chroma = facts.planar && (plane == 1 || plane == 2) && !facts.rgb;
        let shift = if chroma { facts.log2_chroma_h } else { 0 };
        let rows = self.height().div_ceil(1 << shift) as usize;
        let (format, width) = (pixel_format(frame.format)?, frame.width);
        // SAFETY: works numbers out, and gives a negative one for what it does not know.
        let row = unsafe { ff::av_image_get_linesize(format, width, i32::try_from(plane).ok()?) };
        let row = usize::try_from(row).ok().filter(|row| *row <= stride)?;
        // SAFETY: a plane with a positive stride has `rows` rows that begin `stride` bytes apart, the
        // last at least as long as its pixels: cropping moves `data`, so more is not promised. They
        // live as long as the frame, which `self` borrows.
        Some((
            unsafe { std::slice::from_raw_parts(data, stride * rows.checked_sub(1)? + row) },
            stride,
        ))
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        let mut ptr = self.ptr.as_ptr();
        // SAFETY: `self` is the only owner.
        unsafe { ff::av_frame_free(&raw mut ptr) };
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Frame({}x{} {})",
            self.width(),
            self.height(),
            self.format_name()
        )
    }
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

fn format_facts(format: i32) -> Option<FormatFacts> {
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
