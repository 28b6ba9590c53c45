//! The FFmpeg program: encoders run in a process of their own, so that one that crashes takes
//! nothing with it and one that is too slow can be ended.

use std::path::{Path, PathBuf};

use super::error::EncodeError;
use super::process;

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
        let version = ask(program, &["-version"])?;
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
        let encoders = ask(program, &["-encoders"])?
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

fn ask(program: &Path, arguments: &[&str]) -> Result<String, EncodeError> {
    let answer = process::ask(program, arguments).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => EncodeError::NoFfmpeg {
            program: program.to_path_buf(),
        },
        _ => EncodeError::NotFfmpeg {
            program: program.to_path_buf(),
            reason: e.to_string(),
        },
    })?;
    if !answer.status.success() {
        return Err(EncodeError::NotFfmpeg {
            program: program.to_path_buf(),
            reason: answer.status.to_string(),
        });
    }
    Ok(answer.stdout)
}
