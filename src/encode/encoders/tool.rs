//! The FFmpeg program: encoders run in a child process, so that one that crashes takes nothing with it and
//! one that is too slow can be killed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::query::query;
use crate::encode::error::EncodeError;

/// How long FFmpeg may take to print its version and its encoders. Our choice: from a cold disk it takes a
/// second or two.
const QUERY_TIMEOUT: Duration = Duration::from_secs(20);

/// An FFmpeg program that has printed its version and its encoders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ffmpeg {
    program: PathBuf,
    version: String,
    encoders: Vec<String>,
}

impl Ffmpeg {
    /// Queries a program for its version and its encoders.
    ///
    /// # Errors
    /// It does not exist, or is not FFmpeg.
    pub fn open(program: &Path) -> Result<Self, EncodeError> {
        Self::open_until(program, None)
    }

    /// Like [`Ffmpeg::open`], but gives up at a deadline.
    ///
    /// # Errors
    /// It does not exist, is not FFmpeg, or does not respond in time.
    pub fn open_until(program: &Path, deadline: Option<Instant>) -> Result<Self, EncodeError> {
        let latest = Instant::now() + QUERY_TIMEOUT;
        let until = deadline.map_or(latest, |deadline| deadline.min(latest));
        let version = printed(program, "-version", until)?;
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
        let encoders = printed(program, "-encoders", until)?
            .lines()
            .filter_map(|line| {
                let mut columns = line.split_whitespace();
                let (flags, name) = (columns.next()?, columns.next()?);
                (flags.len() == 6 && flags.starts_with('V') && name != "=").then(|| name.to_owned())
            })
            .collect();
        Ok(Self {
            program: program.to_path_buf(),
            version,
            encoders,
        })
    }

    /// The path of the program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The version that it reports.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The option whose value `passthrough` keeps every frame once, at its own time; renamed in 5.1.
    pub(crate) fn frame_option(&self) -> &'static str {
        match number(&self.version) {
            Some(version) if version < (5, 1) => "-vsync",
            _ => "-fps_mode",
        }
    }

    /// Whether it was built with an encoder, which does not mean that the machine has the hardware for it.
    #[must_use]
    pub fn lists(&self, library: &str) -> bool {
        self.encoders.iter().any(|name| name == library)
    }
}

/// Major and minor version of a release, 4 and 4 of `n4.4.2-0ubuntu1`; nothing for a development build such as
/// `N-12345-g0123`.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('n').unwrap_or(version).splitn(3, '.');
    let major = parts.next()?;
    let minor = parts.next().unwrap_or("0");
    let minor = minor.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What the program prints for one option.
fn printed(program: &Path, option: &str, until: Instant) -> Result<String, EncodeError> {
    let not_ffmpeg = |reason: String| EncodeError::NotFfmpeg {
        program: program.to_path_buf(),
        reason,
    };
    let output = query(program, &[option], until).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => EncodeError::NoFfmpeg {
            program: program.to_path_buf(),
        },
        std::io::ErrorKind::TimedOut => not_ffmpeg(format!("it did not answer {option} in time")),
        _ => not_ffmpeg(e.to_string()),
    })?;
    if !output.status.success() {
        return Err(not_ffmpeg(output.status.to_string()));
    }
    Ok(output.stdout)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::number;

    #[test]
    fn releases_have_a_number_and_revisions_have_none() {
        for (version, known) in [
            ("4.2.2-static", (4, 2)),
            ("n4.4.1", (4, 4)),
            ("4.4.2-0ubuntu0.22.04.1", (4, 4)),
            ("5.1.9-0+deb12u1", (5, 1)),
            ("7.0-full_build-www.gyan.dev", (7, 0)),
            ("8", (8, 0)),
        ] {
            assert_eq!(number(version).unwrap(), known, "{version}");
        }
        for version in [
            "N-104348-gbb10f8d802",
            "git-2020-01-13-7225479",
            "2021-12-12-git-996b13fac4",
            "",
        ] {
            assert_eq!(number(version), None, "{version}");
        }
    }
}
