//! Exit codes; `docs/reference/exit-codes.md` is their table.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked for was done.
    Ok = 0,
    /// A gate or a regression check failed.
    GateFailed = 1,
    /// The command line or a setting is invalid.
    Usage = 2,
    /// A file that was given cannot be used.
    BadInput = 3,
    /// A tool or weights are missing; what could be had without them was delivered.
    ToolMissing = 4,
    /// A deadline passed before anything that can be delivered was ready.
    Deadline = 5,
    /// The network failed.
    Network = 6,
    /// The result could not be written.
    Output = 7,
    /// Memory ran out.
    Memory = 8,
    /// A defect of this program.
    Internal = 70,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints what clap has to say, in its own form, and keeps our codes.
pub(super) fn after_clap(error: &clap::Error) -> Exit {
    let shown = error.print();
    match (error.exit_code(), shown) {
        (0, Err(e)) if e.kind() != std::io::ErrorKind::BrokenPipe => Exit::Output,
        (0, _) => Exit::Ok,
        _ => Exit::Usage,
    }
}
