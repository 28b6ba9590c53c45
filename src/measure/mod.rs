//! A pair of files and a plan in, one [`Measurement`] out, reading each file as few times as it takes.

mod draw;
mod error;
mod evidence;
mod measurement;
mod observe;
mod pair;
mod pass;
mod perceptual;
mod plan;
mod run;
mod runs;
mod shares;
mod stored;
mod vmaf_run;

pub use draw::{VmafFrames, draw_pieapp, draw_vmaf};
pub use error::MeasureError;
pub use evidence::{Basis, FrameEvidence, GateEvidence, OriginalEvidence};
pub use measurement::{
    Backend, FfmpegVersions, MEASUREMENT_SCHEMA, Measurement, PieappMeasurement, WeightsUsed,
};
pub use perceptual::PieappBackend;
pub use plan::{
    EvidenceRequest, FrameSelection, Models, PieappRequest, Plan, Progress, SilentProgress, Step,
    VmafRequest,
};
pub use run::{Measured, measure, measure_against};
pub use stored::{StoredError, read_measurement};
pub use vmaf_run::{VmafMeasurement, VmafPath};
