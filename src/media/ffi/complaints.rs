//! Errors that a decoder, in any of its threads, or a demuxer writes to FFmpeg's log.
//!
//! Damage is set in the flags of a frame, but a decoder that works on several frames at once may output a frame
//! before the flags of its reference frames are set: then the same file is intact in one run and damaged in the
//! next. The log has no such delay: everything about a frame is logged before the frame is output. So a
//! complaint is a reason to decode again with one thread, and never a verdict.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use ffmpeg_sys_next as ff;

/// Whether a decoder or a demuxer has complained. Its context, and those of its threads, hold the address.
#[derive(Default)]
pub(super) struct Complaints(Arc<AtomicBool>);

impl Complaints {
    /// The value for the `opaque` field of a context.
    pub(super) fn address(&self) -> *mut c_void {
        Arc::as_ptr(&self.0).cast_mut().cast()
    }

    /// Whether there was a complaint.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Forgets all complaints.
    pub(super) fn forget(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(target_arch = "x86_64")]
type Arguments = *mut ff::__va_list_tag;
#[cfg(not(target_arch = "x86_64"))]
type Arguments = ff::va_list;

/// Redirects FFmpeg's log to [`on_log`] instead of printing it.
pub(in crate::media) fn listen() {
    static ONCE: Once = Once::new();
    // SAFETY: sets one global pointer to a function that lives forever.
    ONCE.call_once(|| unsafe { ff::av_log_set_callback(Some(on_log)) });
}

/// Beginning of the message about concealment, whose level it shares with harmless messages.
const CONCEALING: &str = "concealing";
/// Parts of the messages with which the Matroska demuxer reports that it skips invalid bytes. Its other
/// messages are about attachments and tracks that are not used.
const SKIPPED_BYTES: [&str; 4] = [
    "an EBML number",
    "exceeds containing master element",
    "inside parent with finite size",
    "Invalid length 0x",
];

/// The callback of FFmpeg's log: sets the flag of the context that logs an error.
unsafe extern "C" fn on_log(
    context: *mut c_void,
    level: c_int,
    format: *const c_char,
    _arguments: Arguments,
) {
    if context.is_null() || format.is_null() {
        return;
    }
    // The upper bits are colors.
    let is_error = level & 0xff <= ff::AV_LOG_ERROR as c_int;
    // SAFETY: FFmpeg passes a terminated format string.
    let message = unsafe { CStr::from_ptr(format) };
    let message = message.to_str().unwrap_or_default();
    // SAFETY: every object that logs begins with a pointer to its class. An object of the codec class is an
    // `AVCodecContext`, one of the format class an `AVFormatContext`, and the `opaque` of either is null or
    // was set by `Decoder::open` or `Input::open`: to the flag of an owner that frees the context, and so ends
    // its threads, before the flag.
    unsafe {
        let class = *context.cast::<*const ff::AVClass>();
        let flag =
            if class == ff::avcodec_get_class() && (is_error || message.starts_with(CONCEALING)) {
                (*context.cast::<ff::AVCodecContext>()).opaque
            } else if class == ff::avformat_get_class()
                && SKIPPED_BYTES.iter().any(|part| message.contains(part))
            {
                (*context.cast::<ff::AVFormatContext>()).opaque
            } else {
                return;
            };
        if let Some(flag) = flag.cast::<AtomicBool>().as_ref() {
            flag.store(true, Ordering::Relaxed);
        }
    }
}
