//! Why a run of FFmpeg failed, told apart by what can be done about it.

use std::path::Path;
use std::process::ExitStatus;

use rustix::process::Signal;

use super::error::EncodeError;
use super::words::Words;
use crate::child::Stuck;
use crate::disk::DiskTrouble;
use crate::media::MediaError;

/// Why a run failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum RunFailure {
    /// For a reason of the encoder's own, in its words: another setting may do.
    #[error("{0}")]
    Encoder(String),
    /// Nothing came of it any more.
    #[error("{0}")]
    Stuck(String),
    /// The disk takes nothing more.
    #[error("{words}")]
    Disk {
        /// What the disk refused.
        trouble: DiskTrouble,
        /// What FFmpeg said.
        words: String,
    },
    /// Memory ran out.
    #[error("{0}")]
    Memory(String),
    /// The frames could not be read.
    #[error(transparent)]
    Media(MediaError),
}

impl RunFailure {
    /// Of a program that could not be started.
    pub(super) fn not_started(error: &std::io::Error) -> Self {
        let told = format!("it cannot be started ({error})");
        // The system has no room for another process.
        let no_room = [rustix::io::Errno::NOMEM, rustix::io::Errno::AGAIN];
        if no_room
            .iter()
            .any(|e| error.raw_os_error() == Some(e.raw_os_error()))
        {
            Self::Memory(told)
        } else {
            Self::Encoder(told)
        }
    }

    /// Of a file of ours beside the encoder's.
    pub(super) fn unwritable(error: &std::io::Error) -> Self {
        match DiskTrouble::of(error) {
            Some(trouble) => Self::Disk {
                trouble,
                words: error.to_string(),
            },
            None => Self::Encoder(error.to_string()),
        }
    }

    pub(super) fn stuck(stuck: Stuck, words: &Words) -> Self {
        match words.last_lines() {
            lines if lines.is_empty() => Self::Stuck(stuck.to_string()),
            lines => Self::Stuck(format!("{stuck}: {lines}")),
        }
    }

    /// Of how it ended and what it said.
    pub(super) fn of(status: ExitStatus, words: &Words) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        let is = |known: Signal| status.signal() == Some(known.as_raw());
        // One that could not write is killed by us; nobody else but the system's keeper of memory kills an
        // encoder that is waited for.
        let killed = words.output_failed().is_none() && is(Signal::KILL);
        let ended = if killed {
            format!("{status}, probably by the kernel because memory ran out")
        } else {
            status.to_string()
        };
        let told = match words.last_lines() {
            lines if lines.is_empty() => ended,
            lines => format!("{ended}: {lines}"),
        };
        let too_large = is(Signal::XFSZ).then_some(DiskTrouble::FileTooLarge);
        match words.disk_trouble().or(too_large) {
            Some(trouble) => Self::Disk {
                trouble,
                words: told,
            },
            None if killed || words.no_memory() => Self::Memory(told),
            None => Self::Encoder(told),
        }
    }

    /// As an error of the whole work.
    pub(crate) fn into_error(self, input: &Path, encoder: &str, output: &Path) -> EncodeError {
        match self {
            Self::Encoder(reason) => EncodeError::Encoder {
                input: input.to_path_buf(),
                encoder: encoder.to_owned(),
                reason,
            },
            Self::Stuck(reason) => EncodeError::Stuck {
                input: input.to_path_buf(),
                encoder: encoder.to_owned(),
                reason,
            },
            Self::Disk { trouble, .. } => EncodeError::Unwritable {
                path: output.to_path_buf(),
                reason: trouble.told(output),
            },
            Self::Memory(reason) => EncodeError::OutOfMemory {
                encoder: encoder.to_owned(),
                reason,
            },
            Self::Media(error) => error.into(),
        }
    }
}
