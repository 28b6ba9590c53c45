//! Why a run of FFmpeg failed, classified by what can be done about it.

use std::path::Path;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::stderr::StderrTail;
use crate::child::Stalled;
use crate::disk::DiskTrouble;
use crate::encode::error::EncodeError;
use crate::media::MediaError;

/// Why a run failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum RunFailure {
    /// The encoder's own fault, in its words: another setting may work.
    #[error("{0}")]
    Encoder(String),
    /// It stopped making progress.
    #[error("{0}")]
    Stalled(String),
    /// The output could not be written.
    #[error("{stderr}")]
    Disk {
        trouble: DiskTrouble,
        /// The last lines of FFmpeg's standard error.
        stderr: String,
    },
    /// Memory ran out.
    #[error("{0}")]
    Memory(String),
    /// The frames of the input could not be read.
    #[error(transparent)]
    Media(MediaError),
}

impl RunFailure {
    /// For a program that could not be started.
    pub(super) fn not_started(error: &std::io::Error) -> Self {
        let reason = format!("it cannot be started ({error})");
        // The system has no room for another process.
        let no_room = [rustix::io::Errno::NOMEM, rustix::io::Errno::AGAIN];
        if no_room
            .iter()
            .any(|e| error.raw_os_error() == Some(e.raw_os_error()))
        {
            Self::Memory(reason)
        } else {
            Self::Encoder(reason)
        }
    }

    /// For a file that we write ourselves, such as a list of pieces.
    pub(crate) fn unwritable(error: &std::io::Error) -> Self {
        match DiskTrouble::of(error) {
            Some(trouble) => Self::Disk {
                trouble,
                stderr: error.to_string(),
            },
            None => Self::Encoder(error.to_string()),
        }
    }

    pub(super) fn stalled(stalled: Stalled, stderr: &StderrTail) -> Self {
        match stderr.last_lines() {
            lines if lines.is_empty() => Self::Stalled(stalled.to_string()),
            lines => Self::Stalled(format!("{stalled}: {lines}")),
        }
    }

    /// For a program that exited, by its status and its standard error.
    pub(super) fn of(status: ExitStatus, stderr: &StderrTail) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        let is = |known: Signal| status.signal() == Some(known.as_raw());
        // We kill an encoder that could not write its output; otherwise only the kernel's out-of-memory killer
        // kills one that we wait for.
        let killed = stderr.output_failed().is_none() && is(Signal::KILL);
        let ended = if killed {
            format!("{status}, probably by the kernel because memory ran out")
        } else {
            status.to_string()
        };
        let reason = match stderr.last_lines() {
            lines if lines.is_empty() => ended,
            lines => format!("{ended}: {lines}"),
        };
        let too_large = is(Signal::XFSZ).then_some(DiskTrouble::FileTooLarge);
        match stderr.disk_trouble().or(too_large) {
            Some(trouble) => Self::Disk {
                trouble,
                stderr: reason,
            },
            None if killed || stderr.no_memory() => Self::Memory(reason),
            None => Self::Encoder(reason),
        }
    }

    /// As the error of the whole command.
    pub(crate) fn into_error(self, input: &Path, encoder: &str, output: &Path) -> EncodeError {
        match self {
            Self::Encoder(reason) => EncodeError::Encoder {
                input: input.to_path_buf(),
                encoder: encoder.to_owned(),
                reason,
            },
            Self::Stalled(reason) => EncodeError::Stalled {
                input: input.to_path_buf(),
                encoder: encoder.to_owned(),
                reason,
            },
            Self::Disk { trouble, .. } => EncodeError::Unwritable {
                path: output.to_path_buf(),
                reason: trouble.describe(output),
            },
            Self::Memory(reason) => EncodeError::OutOfMemory {
                encoder: encoder.to_owned(),
                reason,
            },
            Self::Media(error) => error.into(),
        }
    }
}
