//! An owned decoded frame.

use std::ptr::NonNull;

use ffmpeg_sys_next as ff;

use super::format::{format_facts, format_name, pixel_format};
use super::tags::Tags;

/// One decoded frame. It cannot be copied, because frames are large.
pub struct Frame {
    ptr: NonNull<ff::AVFrame>,
}

// SAFETY: an AVFrame is plain data with atomically counted buffers, owned by this value alone.
unsafe impl Send for Frame {}
// SAFETY: shared references only read.
unsafe impl Sync for Frame {}

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
    pub(in crate::media) fn tags(&self) -> Tags {
        let frame = self.get();
        let matrix = frame.colorspace as i32;
        Tags {
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
