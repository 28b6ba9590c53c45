//! Every check that turns a score into 0, -1 or -100: input in, verdicts in the validator's order out.
//!
//! Pure: which gates there are, in which order and with which limits, is data of a [`Revision`]; what was
//! measured comes as [`GateInput`]; nothing here reads a file or draws without a seed. To find a gate,
//! search for its name or its code: one file has its check and, at its end, its [`GateDefinition`].
//!
//! Sources: `services/scoring/server.py`, `neurons/validator.py`,
//! `services/scoring/compression_score_cache.py` and `vidaio_subnet_core/competition/scoring.py` of
//! `vidAio-subnet/vidaio-subnet`, from `c5870e9` (2025-10-16) to `fea3779` (2026-08-18);
//! `vidaio/scoring/gates.py`, `canonicalize.py` and `perceptual_cpu.py` of
//! `vidAio-subnet/validator-vidaio` at `688b6716` for `next`.
//!
//! [`Revision`]: crate::rules::Revision

mod attributes;
mod audio;
mod bitrate;
mod chroma;
mod claim;
mod codec;
mod color;
mod color_tags;
mod competition;
mod container;
mod cost;
mod definition;
mod delivery;
mod draw;
mod duplicates;
mod finding;
mod frames;
mod gate;
mod grayscale;
mod input;
mod judge;
mod pieapp;
mod pixels;
mod proximity;
mod quality_model;
mod rate;
mod readable;
mod resolution;
mod result;
mod scale;
mod size_cap;
mod stream;
mod tone;
mod vmaf;
mod vmaf_delta;
mod warnings;

pub use attributes::{Codes, Evidence, GateClass, Logged, Records, ScoreReason, Source};
pub use chroma::chroma_ratio;
pub use claim::Claim;
pub use color::ColorFrame;
pub use definition::GateDefinition;
pub use draw::{color_window, tone_frames};
pub use duplicates::{BATCH_DUPLICATE, duplicate_sizes, metric_duplicates};
pub use finding::Outcome;
pub use gate::{Gate, UnknownGate, judged_gates};
pub use grayscale::{GrayLimits, gray_share};
pub use input::{ClipState, Fault, GateInput, TaskRequest, Unmeasured};
pub use judge::judge;
pub use result::{Cost, GateResult, Warning};
pub use tone::{ToneAlert, tone_alert};
pub use vmaf::VMAF_LIMITS;
pub use warnings::warnings;
