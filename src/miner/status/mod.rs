//! What a miner reports to its operator: whether it is healthy, metrics for Prometheus, and a page.

mod health;
mod info;
mod page;
mod serve;
mod windows;

pub use health::{Health, HealthPart};
pub use info::MinerInfo;
pub use serve::{AxonBackend, status_router};
