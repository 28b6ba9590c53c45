//! One probe: encode with a setting, measure the file, judge it, deliver it if it is the best so far; and
//! the strategies that choose which probes to run.

pub(super) mod context;
mod encode;
pub(super) mod journal;
pub(super) mod judge;
mod parts;
pub(super) mod pieces;
pub(super) mod runner;
pub(super) mod safe;
mod shots;
pub(super) mod strategies;
