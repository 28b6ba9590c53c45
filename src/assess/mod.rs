//! A pair of files, rules and a request in; a plan, a measurement and a verdict out. What `score`,
//! `lint`, `check` and batches share.

mod evidence;
mod lint;
mod plan;
mod score;
mod worst;

pub use evidence::evidence_for;
pub use lint::{LINT_SCHEMA, LintRequest, LintVerdict, Spread, SpreadGate, lint};
pub use plan::{FrameChoice, MeasureRequest, plan};
pub use score::{PairScore, ScoreRequest};
pub use worst::{WorstFrame, pictures, worst_frames};
