//! Color tags.

/// The color tags of a frame, as FFmpeg's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::media) struct Tags {
    pub(in crate::media) matrix: i32,
    pub(in crate::media) full_range: Option<bool>,
}
