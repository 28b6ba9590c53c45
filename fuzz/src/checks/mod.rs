//! One check for every reader of what strangers wrote. A check takes any bytes and panics where the reader
//! breaks a promise: it stops at nothing, its numbers are finite, and what it read it reads again when it is
//! written out. `tests/it/fuzz_seeds.rs` runs the same checks over the seeds with every test.

pub mod artifact;
pub mod axon;
pub mod clip;
pub mod history;
pub mod messages;
pub mod population;
mod signed;
pub mod wallet;

use std::path::Path;

/// Anything that takes bytes; the folder is empty, and may be written to.
pub type Check = fn(&Path, &[u8]);

/// Every check by its name, which is that of its program and of its folder of seeds.
pub const ALL: [(&str, Check); 7] = [
    ("artifact", |_, data| artifact::check(data)),
    ("axon", |_, data| axon::check(data)),
    ("clip", |_, data| clip::check(data)),
    ("history", history::check),
    ("messages", |_, data| messages::check(data)),
    ("population", population::check),
    ("wallet", |_, data| wallet::check(data)),
];
