//! `vidaio mine`.

mod axon;
mod log;
mod prepare;
mod run;
mod settings;

pub(super) use run::run;
pub(super) use settings::{MineArgs, lay_variables};
