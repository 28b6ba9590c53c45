//! Why a pair could not be measured.

use std::path::PathBuf;

use crate::media::MediaError;
use crate::metrics::vmaf::VmafError;
use crate::scoring::ScoringError;
use crate::worker::WorkerError;

/// Everything that can stop a measurement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// One of the files.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// libvmaf.
    #[error(transparent)]
    Vmaf(#[from] VmafError),
    /// The libtorch worker.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// Frame scores that cannot be pooled.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    /// The pictures differ in size.
    #[error("{distorted}: its picture is {distorted_size}, the reference's is {reference_size}", distorted = distorted.display())]
    SizesDiffer {
        /// The output.
        distorted: PathBuf,
        /// Its size.
        distorted_size: String,
        /// Size of the reference.
        reference_size: String,
        /// Whether the two sizes would make sense the other way round.
        swapped: bool,
    },
    /// The reference is too short.
    #[error("{path}: {frames} frames are too few, validators want at least {least}", path = path.display())]
    TooFewFrames {
        /// The reference.
        path: PathBuf,
        /// Its frames.
        frames: u64,
        /// The least.
        least: u64,
    },
    /// The output has another number of frames.
    #[error("{distorted}: it has {distorted_frames} frames, the reference has {reference_frames}", distorted = distorted.display())]
    FrameCountsDiffer {
        /// The output.
        distorted: PathBuf,
        /// Its frames.
        distorted_frames: u64,
        /// Frames of the reference.
        reference_frames: u64,
        /// Difference that is still measured.
        tolerance: u64,
    },
    /// PIE-APP wants at least one patch.
    #[error("{path}: {width}x{height} is too small for PIE-APP, which looks at patches of 64x64", path = path.display())]
    TooSmallForPieapp {
        /// The reference.
        path: PathBuf,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// Whoever asked for it did not want to wait any longer.
    #[error("{path}: the measurement was stopped", path = path.display())]
    Stopped {
        /// The output.
        path: PathBuf,
    },
    /// The two files gave frames of different index: a defect of this program.
    #[error("frame {reference} of the reference met frame {distorted} of the output")]
    FramesOutOfStep {
        /// Index in the reference.
        reference: u64,
        /// Index in the output.
        distorted: u64,
    },
}

impl MeasureError {
    /// Whether memory ran out, which says nothing of the files.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::Media(e) => e.is_for_want_of_memory(),
            Self::Vmaf(e) => matches!(e, VmafError::OutOfMemory { .. }),
            _ => false,
        }
    }
}
