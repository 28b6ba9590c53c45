//! Names and states that `vidaio doctor` reports and `vidaio mine` filters by.

pub(super) const FFMPEG_LIBRARIES: &str = "FFmpeg libraries";
pub(super) const LIBVMAF: &str = "libvmaf";
pub(super) const FFMPEG_PROGRAM: &str = "FFmpeg program";
pub(super) const ENCODERS: &str = "encoders";
pub(super) const LIBTORCH: &str = "libtorch";
pub(super) const NVIDIA_DRIVER: &str = "NVIDIA driver";

/// State of a part that works.
pub(super) const OK: &str = "ok";
/// State of a part that is not there or does not work.
pub(super) const MISSING: &str = "missing";
