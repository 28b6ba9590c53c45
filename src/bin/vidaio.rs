//! The `vidaio` command.

use vidaio::cli::{Reach, run};

fn main() -> std::process::ExitCode {
    run(&Reach::Front).into()
}
