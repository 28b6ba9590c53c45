//! What a miner tells its operator: whether it is well, numbers for Prometheus, and a page.

mod health;
mod page;
mod serve;
mod standing;

pub use health::{Health, Part};
pub use serve::{Backing, Facts, status_router};
