//! The FFmpeg program: encoders run in a process of their own, so that one that crashes takes
//! nothing with it and one that is too slow can be ended.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::ask;
use super::error::EncodeError;

/// How long a program has to say who it is: from a cold disk it takes a second or two.
const ANSWER: Duration = Duration::from_secs(20);

/// An FFmpeg program that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ffmpeg {
    program: PathBuf,
    version: String,
    encoders: Vec<String>,
}

impl Ffmpeg {
    /// Asks a program for its version and its encoders.
    ///
    /// # Errors
    /// There is none, or it is no FFmpeg.
    pub fn open(program: &Path) -> Result<Self, EncodeError> {
        Self::open_until(program, None)
    }

    /// The same, given up at a deadline.
    ///
    /// # Errors
    /// There is none, it is no FFmpeg, or it does not answer in time.
    pub fn open_until(program: &Path, deadline: Option<Instant>) -> Result<Self, EncodeError> {
        let patience = Instant::now() + ANSWER;
        let until = deadline.map_or(patience, |deadline| deadline.min(patience));
        let version = ask(program, "-version", until)?;
        let version = version
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("ffmpeg version "))
            .and_then(|rest| rest.split_whitespace().next())
            .ok_or_else(|| EncodeError::NotFfmpeg {
                program: program.to_path_buf(),
                reason: "it does not say its version".into(),
            })?
            .to_owned();
        let encoders = ask(program, "-encoders", until)?
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let (flags, name) = (words.next()?, words.next()?);
                (flags.len() == 6 && flags.starts_with('V') && name != "=").then(|| name.to_owned())
            })
            .collect();
        Ok(Self {
            program: program.to_path_buf(),
            version,
            encoders,
        })
    }

    /// Its path.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What it says its version is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether it was built with an encoder: not yet whether the machine has the hardware for it.
    #[must_use]
    pub fn lists(&self, library: &str) -> bool {
        self.encoders.iter().any(|name| name == library)
    }
}

fn ask(program: &Path, question: &str, until: Instant) -> Result<String, EncodeError> {
    let not_ffmpeg = |reason: String| EncodeError::NotFfmpeg {
        program: program.to_path_buf(),
        reason,
    };
    let answer = ask::ask(program, &[question], until).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => EncodeError::NoFfmpeg {
            program: program.to_path_buf(),
        },
        std::io::ErrorKind::TimedOut => not_ffmpeg(format!("it did not answer {question} in time")),
        _ => not_ffmpeg(e.to_string()),
    })?;
    if !answer.status.success() {
        return Err(not_ffmpeg(answer.status.to_string()));
    }
    Ok(answer.stdout)
}
