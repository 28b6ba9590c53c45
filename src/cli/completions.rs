//! `vidaio completions`.

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(
    context: &Context,
    args: &CompletionsArgs,
    mut command: clap::Command,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "vidaio", &mut script);
    context
        .open_output(&[])?
        .finish(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
