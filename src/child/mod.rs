//! Supervision of child processes: whether they make progress, and how long one that does not is waited for.

mod activity;
mod stall;

pub(crate) use activity::Supervised;
pub(crate) use stall::{StallDetector, StallLimits, Stalled, Turn};
