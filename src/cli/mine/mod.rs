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
mod tried;
mod worker;

pub(super) use run::run;
pub(super) use settings::MineArgs;
pub(super) use tried::Tried;
pub(super) use worker::{WorkerArgs, run as run_worker};
