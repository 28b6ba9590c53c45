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
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Vmaf(#[from] VmafError),
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// Frame scores that cannot be pooled.
    #[error(transparent)]
    Scoring(#[from] ScoringError),
    #[error("{distorted}: its picture is {distorted_size}, the reference's is {reference_size}", distorted = distorted.display())]
    SizesDiffer {
        distorted: PathBuf,
        distorted_size: String,
        reference_size: String,
        /// Whether the two sizes would make sense the other way round.
        swapped: bool,
    },
    #[error("{path}: {frames} frames are too few, validators want at least {least}", path = path.display())]
    TooFewFrames {
        path: PathBuf,
        frames: u64,
        least: u64,
    },
    /// The output has another number of frames.
    #[error("{distorted}: it has {distorted_frames} frames, the reference has {reference_frames}", distorted = distorted.display())]
    FrameCountsDiffer {
        distorted: PathBuf,
        distorted_frames: u64,
        reference_frames: u64,
        /// Difference that is still measured.
        tolerance: u64,
    },
    /// PIE-APP needs at least one patch.
    #[error("{path}: {width}x{height} is too small for PIE-APP, which looks at patches of 64x64", path = path.display())]
    TooSmallForPieapp {
        path: PathBuf,
        width: u32,
        height: u32,
    },
    /// The caller cancelled it.
    #[error("{path}: the measurement was stopped", path = path.display())]
    Stopped { path: PathBuf },
    /// The two files gave frames of different index: a defect of this program.
    #[error("frame {reference} of the reference met frame {distorted} of the output")]
    FramesOutOfStep { reference: u64, distorted: u64 },
}

impl MeasureError {
    /// Whether memory ran out, which says nothing about the files.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::Media(e) => e.is_for_want_of_memory(),
            Self::Vmaf(e) => matches!(e, VmafError::OutOfMemory { .. }),
            _ => false,
        }
    }
}
