//! Versions and error texts of FFmpeg itself.

use std::ffi::CStr;

use ffmpeg_sys_next as ff;
use serde::{Deserialize, Serialize};

/// Versions of the FFmpeg libraries that are loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct LibraryVersions {
    /// FFmpeg's version text.
    pub ffmpeg: String,
    /// libavcodec, `major.minor.micro`.
    pub avcodec: String,
    /// libavformat.
    pub avformat: String,
    /// libswscale.
    pub swscale: String,
}

/// Queries the loaded libraries for their versions.
#[must_use]
pub fn library_versions() -> LibraryVersions {
    let text = |v: u32| format!("{}.{}.{}", v >> 16, (v >> 8) & 0xff, v & 0xff);
    // SAFETY: these functions take nothing and return numbers, or a pointer to a static C string.
    unsafe {
        LibraryVersions {
            ffmpeg: CStr::from_ptr(ff::av_version_info())
                .to_string_lossy()
                .into_owned(),
            avcodec: text(ff::avcodec_version()),
            avformat: text(ff::avformat_version()),
            swscale: text(ff::swscale_version()),
        }
    }
}

/// FFmpeg's message for an error code.
pub(in crate::media) fn error_text(code: i32) -> String {
    let mut buffer = [0; 128];
    // SAFETY: the buffer's true length is passed and the function always terminates the text.
    unsafe {
        ff::av_strerror(code, buffer.as_mut_ptr(), buffer.len());
        CStr::from_ptr(buffer.as_ptr())
            .to_string_lossy()
            .into_owned()
    }
}

/// Whether a code means that memory ran out: of an allocation, or of a thread's stack.
pub(in crate::media) fn is_out_of_memory(code: i32) -> bool {
    code == ff::AVERROR(ff::ENOMEM) || code == ff::AVERROR(ff::EAGAIN)
}

/// Whether a code means that the data, not the machine, is at fault.
pub(in crate::media) fn is_invalid_data(code: i32) -> bool {
    code == ff::AVERROR_INVALIDDATA
}
