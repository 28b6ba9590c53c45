//! `vidaio mine`.

mod announce;
mod axon;
mod check;
mod equipment;
mod listen;
mod log;
mod prepare;
mod run;
mod settings;
mod signals;
mod worker;

pub(super) use check::Tried;
pub(super) use run::run;
pub(super) use settings::MineArgs;
pub(super) use worker::{WorkerArgs, run as run_worker};
