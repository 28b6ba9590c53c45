//! Encodes the video that scores best: encoders chosen by trial, a search that only selects among measured
//! files, and atomic delivery of the result.

mod clock;
mod compress;
mod encoders;
mod error;
mod lessons;
mod plan;
mod prepare;
mod probe;
mod record;
mod request;
pub mod search;
mod source;
mod warnings;
mod workspace;

pub use clock::Clock;
pub use compress::compress;
pub use encoders::audio::AudioPolicy;
pub use encoders::catalogue::{ENCODERS, Encoder, Preset, QualityAxis, QualityControl};
pub use encoders::options::{Setting, Zone, encoder_options};
pub use encoders::select::{EncoderChoice, Fallback, Gpu, SelectedEncoder, select_encoder};
pub use encoders::table::table_quality;
pub use encoders::tool::Ffmpeg;
pub use encoders::trial::{TrialSize, try_all};
pub use error::EncodeError;
pub use lessons::{Lesson, learnt_from};
pub use plan::{CompressPlan, plan_compression};
pub use record::{
    MADE_SCHEMA, MadeRecord, PROBE_SCHEMA, ProbePurpose, ProbeRecord, SeedRecord, ShotRecord,
};
pub use request::{CompressRequest, Grid, Strategy};
pub use search::Objective;
pub use search::allocate::{MAX_SHOT_OFFSET, ShotCurve, allocate, bytes_at};
pub use search::features::{FeatureGatherer, Features};
pub use search::prior::{EncoderPrior, Learnt, Prior, transformed};
pub use search::shots::ShotFinder;
pub use workspace::{ResumePolicy, folder_of};

pub(crate) use encoders::container::{color_tags, container, raw_input};
pub(crate) use encoders::process::{Feed, FeedError, FfmpegRun, RunOutcome, file as file_argument};
pub(crate) use source::{FrameTransport, SourceClip};
pub(crate) use workspace::Workspace;
