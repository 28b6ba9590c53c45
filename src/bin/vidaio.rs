//! The `vidaio` command.

fn main() -> std::process::ExitCode {
    vidaio::cli::run().into()
}
