//! The part of `vidaio` that reads video; `vidaio` runs it where a command needs it.

use vidaio::cli::{Memory, VIDEO, run};

#[global_allocator]
static MEMORY: Memory = Memory;

fn main() -> std::process::ExitCode {
    run(&VIDEO).into()
}
