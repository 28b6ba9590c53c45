//! Every gate of a revision for one output, whether it can be measured or not.

mod attempt;
mod draws;
mod files;
mod judge;
mod record;

pub use judge::lint;
pub use record::{LINT_SCHEMA, LintRequest, LintVerdict, Spread, SpreadGate};
