//! Options of every command.

use std::path::PathBuf;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct GlobalArgs {
    /// Revision of the rules: a name, a date (2025-10-20), latest; see `vidaio rules list`
    #[arg(
        long,
        global = true,
        value_name = "NAME|DATE",
        help_heading = "Common options"
    )]
    pub(super) rules: Option<String>,
    /// Output format: table, json, jsonl or csv
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        help_heading = "Common options"
    )]
    pub(super) format: Option<String>,
    /// Write the result to FILE instead of standard output
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Common options"
    )]
    pub(super) output: Option<PathBuf>,
    /// Say nothing but the result and errors
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub(super) quiet: bool,
    /// Say more on standard error
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "quiet",
        help_heading = "Common options"
    )]
    pub(super) verbose: bool,
}
