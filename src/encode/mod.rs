//! Making the video that scores best: encoders found by trial, a search that only chooses among what it
//! measured, and a result that is whole or not there.

mod allocate;
mod ask;
mod catalogue;
mod clock;
mod compress;
mod error;
mod failure;
mod features;
mod flow;
mod guarded;
mod judge;
mod layout;
mod learn;
mod options;
mod prior;
mod process;
mod record;
mod resume;
pub mod search;
mod session;
mod shots;
mod sound;
mod source;
mod table;
mod tool;
mod trial;
mod warn;
mod ways;
mod words;
mod workplace;
mod write;

pub use allocate::{MOST, ShotCurve, allocate, bytes_at};
pub use catalogue::{ENCODERS, Encoder, Preset, QualityAxis, Steering};
pub use clock::Clock;
pub use compress::{CompressAsk, Grid, Intention, Strategy, compress, folder_of, intend};
pub use error::EncodeError;
pub use features::{FeatureGatherer, Features};
pub use judge::Objective;
pub use learn::{Lesson, learnt_from};
pub use options::{Setting, Zone, encoder_options};
pub use prior::{EncoderPrior, Learnt, Prior, transformed};
pub use record::{
    MADE_SCHEMA, MadeRecord, PROBE_SCHEMA, ProbeRecord, Purpose, SeedRecord, ShotRecord,
};
pub use shots::ShotFinder;
pub use table::table_quality;
pub use tool::Ffmpeg;
pub use trial::{Chosen, EncoderWish, Fallback, Gpu, TrialSize, choose, try_all};
pub use workplace::Earlier;
pub use write::Sound;

pub(crate) use process::{Ended, Feed, FeedError, Run, file as file_argument};
pub(crate) use source::{Source, Way};
pub(crate) use workplace::Workplace;
pub(crate) use write::{colour_tags, container, raw_input};
