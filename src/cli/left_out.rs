//! Commands that this build leaves out: who asks for one is told how to have it.

use std::ffi::OsString;

use super::exit::Exit;
use super::failure::Failure;

/// Whatever stands behind such a command.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<OsString>,
}

/// Says which feature a command needs.
pub(super) fn failure(command: &str, feature: &str) -> Failure {
    Failure::new(
        Exit::ToolMissing,
        format!("this vidaio was built without `{command}` (feature `{feature}`)"),
    )
    .hint("`make build` builds everything, and so do the packages")
}
