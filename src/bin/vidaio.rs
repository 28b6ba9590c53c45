//! The `vidaio` command.

use vidaio::cli::{Memory, Reach, run};

#[global_allocator]
static MEMORY: Memory = Memory;

fn main() -> std::process::ExitCode {
    run(&Reach::Front).into()
}
