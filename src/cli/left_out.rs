//! Commands that this build leaves out: they name the feature that they need.

use std::ffi::OsString;

use super::exit::Exit;
use super::failure::Failure;

/// What help says of such a command.
pub(super) const ABOUT: &str = "Not in this build";

/// What to do about it.
pub(super) const HINT: &str =
    "run `make build`, or install the Debian package: both include every feature";

/// Arguments of such a command; none is read.
#[derive(Debug, clap::Args)]
#[command(about = ABOUT, long_about = None)]
pub(super) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<OsString>,
}

/// The error of a command whose feature is not built.
pub(super) fn failure(feature: &str) -> Failure {
    Failure::new(
        Exit::ToolMissing,
        format!("this command is not in this build of vidaio (feature `{feature}`)"),
    )
    .hint(HINT)
}
