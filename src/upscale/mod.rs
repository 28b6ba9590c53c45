//! Making more pixels: filters of FFmpeg and networks behind the worker, frame by frame into an encoder.

mod engine;
mod error;
mod frames;
mod make;
mod task;
mod trial;
mod write;

pub use engine::{Engine, Interpolation, LoadedNetwork};
pub use error::UpscaleError;
pub use frames::Flow;
pub use make::{UPSCALED_SCHEMA, UpscaleAsk, UpscaledRecord, most_bytes, upscale};
pub use task::UpscaleTask;
pub use trial::{Candidate, TrialReport, best_of};
