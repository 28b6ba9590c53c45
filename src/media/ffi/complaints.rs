//! What a decoder complains of while it decodes, whichever of its threads does, and a demuxer while it reads.
//!
//! A damaged picture shows in the flags of its frame, but a decoder that works on several pictures at once may
//! hand a frame out before the flags of the pictures that it was made of are settled: then the same file is
//! whole in one run and damaged in the next. The log is not late: whatever concerns a picture is said before
//! the picture is handed out. So a complaint is taken as a sign to look again with one thread, and never as
//! a verdict.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use ffmpeg_sys_next as ff;

/// Whether a decoder or a demuxer complained. The address is what its context and those of its threads know.
#[derive(Default)]
pub(super) struct Complaints(Arc<AtomicBool>);

impl Complaints {
    /// What a context is to carry in `opaque`.
    pub(super) fn address(&self) -> *mut c_void {
        Arc::as_ptr(&self.0).cast_mut().cast()
    }

    /// Whether there were any.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Forgets them.
    pub(super) fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(target_arch = "x86_64")]
type Arguments = *mut ff::__va_list_tag;
#[cfg(not(target_arch = "x86_64"))]
type Arguments = ff::va_list;

/// Listens to FFmpeg's log instead of printing it.
pub(in crate::media) fn listen() {
    static ONCE: Once = Once::new();
    // SAFETY: sets one global pointer to a function that lives for ever.
    ONCE.call_once(|| unsafe { ff::av_log_set_callback(Some(hear)) });
}

/// How concealment is told, at a level that much else has.
const CONCEALING: &str = "concealing";
/// How Matroska's reader says that it passes over bytes which are no element. Much else that it says is of
/// attachments and tracks that nobody needs.
const NO_ELEMENT: [&str; 4] = [
    "an EBML number",
    "exceeds containing master element",
    "inside parent with finite size",
    "Invalid length 0x",
];

unsafe extern "C" fn hear(
    about: *mut c_void,
    level: c_int,
    format: *const c_char,
    _arguments: Arguments,
) {
    if about.is_null() || format.is_null() {
        return;
    }
    // The bits above are colours.
    let is_error = level & 0xff <= ff::AV_LOG_ERROR as c_int;
    // SAFETY: FFmpeg hands over a terminated format.
    let said = unsafe { CStr::from_ptr(format) };
    let said = said.to_str().unwrap_or_default();
    // SAFETY: whatever logs begins with a pointer to its class. A context of the class of codecs is an
    // `AVCodecContext`, one of the class of formats an `AVFormatContext`, and the `opaque` of either is null
    // or what `Decoder::open` or `Input::open` put there: the flag of an owner that frees the context, and so
    // ends its threads, before the flag.
    unsafe {
        let class = *about.cast::<*const ff::AVClass>();
        let flag = if class == ff::avcodec_get_class() && (is_error || said.starts_with(CONCEALING))
        {
            (*about.cast::<ff::AVCodecContext>()).opaque
        } else if class == ff::avformat_get_class()
            && NO_ELEMENT.iter().any(|part| said.contains(part))
        {
            (*about.cast::<ff::AVFormatContext>()).opaque
        } else {
            return;
        };
        if let Some(flag) = flag.cast::<AtomicBool>().as_ref() {
            flag.store(true, Ordering::Relaxed);
        }
    }
}
