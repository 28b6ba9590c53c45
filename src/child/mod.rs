//! Programs that run beside this one: whether they get on with their work, and how long one that does not
//! is waited for.

mod pulse;
mod vigil;

pub(crate) use pulse::Whose;
pub(crate) use vigil::{Patience, Stuck, Turn, Vigil};
