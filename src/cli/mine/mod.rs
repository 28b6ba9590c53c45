//! `vidaio mine`.

mod announce;
mod axon;
mod check;
mod check_results;
mod equipment;
mod listen;
mod log;
mod prepare;
mod run;
mod settings;
mod signals;
mod worker;

pub(super) use check_results::Tried;
pub(super) use run::run;
pub(super) use settings::MineArgs;
pub(super) use worker::{WorkerArgs, run as run_worker};
