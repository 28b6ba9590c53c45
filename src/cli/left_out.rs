//! Commands that this build leaves out: they name the feature that they need.

use std::ffi::OsString;

use super::exit::Exit;
use super::failure::Failure;

/// Arguments of such a command; none is read.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<OsString>,
}

/// What to do about it.
pub(super) const HINT: &str =
    "run `make build`, or install the Debian package: both include every feature";

/// The error of a command whose feature is not built.
pub(super) fn failure(command: &str, feature: &str) -> Failure {
    Failure::new(
        Exit::ToolMissing,
        format!("this vidaio was built without `{command}` (feature `{feature}`)"),
    )
    .hint(HINT)
}
