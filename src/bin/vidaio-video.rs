//! The part of `vidaio` that reads video; `vidaio` runs it where a command needs it.

use vidaio::cli::{VIDEO, run};

fn main() -> std::process::ExitCode {
    run(&VIDEO).into()
}
