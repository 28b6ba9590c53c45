//! Upscaling: filters of FFmpeg and networks behind the worker, frame by frame into an encoder.

mod engine;
mod error;
mod frames;
mod record;
mod request;
mod run;
mod task;
mod trial;
mod warnings;
mod write;

pub use engine::{Engine, Interpolation, LoadedNetwork};
pub use error::UpscaleError;
pub use frames::FramePipeline;
pub use record::{UPSCALED_SCHEMA, UpscaledRecord};
pub use request::{UpscaleRequest, most_bytes};
pub use run::upscale;
pub use task::UpscaleTask;
pub use trial::{TrialReport, best_of};
