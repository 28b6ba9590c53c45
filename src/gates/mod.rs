//! Every check that turns a score into 0, -1 or -100: facts in, verdicts in the validator's order out.
//!
//! Pure: which gates there are, in which order and with which limits, a [`Revision`] says; what was
//! measured comes as [`Facts`]; nothing here reads a file or draws without a seed.
//!
//! Sources: `services/scoring/server.py`, `neurons/validator.py`,
//! `services/scoring/compression_score_cache.py` and `vidaio_subnet_core/competition/scoring.py` of
//! `vidAio-subnet/vidaio-subnet`, from `c5870e9` (2025-10-16) to `fea3779` (2026-08-18);
//! `vidaio/scoring/gates.py`, `canonicalize.py` and `perceptual_cpu.py` of
//! `vidAio-subnet/validator-vidaio` at `688b6716` for `next`.
//!
//! [`Revision`]: crate::rules::Revision

mod color;
mod competition;
mod draw;
mod duplicates;
mod encoding;
mod facts;
mod judge;
mod mend;
mod metric;
mod result;
mod shape;
mod stream;
mod tone;
mod warnings;

pub use color::{chroma_ratio, gray_share};
pub use draw::{color_window, tone_frames};
pub use duplicates::{Claim, duplicate_sizes, metric_duplicates};
pub use facts::{Facts, Fault, Request, Side, Unmeasured};
pub use judge::{judge, judged_gates};
pub use result::{Cost, GateResult, Outcome, Warning};
pub use tone::{ToneAlert, tone_alert};
pub use warnings::warnings;
