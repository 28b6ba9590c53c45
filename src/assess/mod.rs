//! A pair of files, rules and a request in; a plan, a measurement and a verdict out. What `score`,
//! `lint`, `check` and batches share.

mod lint;
mod plan;
mod score;
mod watch;
mod worst;

pub use lint::{LINT_SCHEMA, LintRequest, LintVerdict, Spread, SpreadGate, lint};
pub use plan::{FrameChoice, Wanted, plan};
pub use score::{PairScore, ScoreRequest};
pub use watch::watch_for;
pub use worst::{WorstFrame, pictures, worst_frames};
