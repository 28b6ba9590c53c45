//! Why VMAF could not be computed.

/// Why VMAF could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VmafError {
    /// A call into libvmaf failed.
    #[error("libvmaf failed to {action} (code {code})")]
    Call {
        /// What was tried.
        action: &'static str,
        /// Its negative errno.
        code: i32,
    },
    /// Memory ran out.
    #[error("memory ran out: libvmaf could not {action}")]
    OutOfMemory {
        /// What was tried.
        action: &'static str,
    },
    /// Reference and distorted frames differ in size or depth.
    #[error("frames differ: reference {reference}, distorted {distorted}")]
    FramesDiffer {
        /// As text.
        reference: String,
        /// As text.
        distorted: String,
    },
    /// The frame is smaller than VMAF's filters.
    #[error("frames of {width}x{height} are too small for VMAF (at least 18x18)")]
    TooSmall {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
}
