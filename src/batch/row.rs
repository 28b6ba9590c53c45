//! Rows of the CSV file, and what each asks to be scored.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::assess::ScoreRequest;
use crate::domain::{Origin, RateMode, Seconds, Task, UnknownTask, codec_family};
use crate::rules::Revision;

/// One row, as it is written; what is absent is taken from the command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRow {
    task: String,
    pub(super) reference: PathBuf,
    pub(super) output: PathBuf,
    threshold: Option<f64>,
    /// Seconds.
    length: Option<f64>,
    codec: Option<String>,
    mode: Option<String>,
    /// Megabits a second.
    bitrate: Option<f64>,
    payload: Option<PathBuf>,
    /// Factor of an upscaling.
    scale: Option<u32>,
    origin: Option<Origin>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    #[error("`{0}` is no task; compress and upscale are")]
    Task(String),
    #[error("`{0}` is no mode; CRF, VBR and CBR are")]
    Mode(String),
    #[error("a length is 0 seconds or more")]
    Length,
    #[error("a bitrate is above 0 megabits a second")]
    Bitrate,
    #[error("a scale is 2 or 4")]
    Scale,
    /// The revision of this name scores no compressions.
    #[error("{0} has no compression task")]
    NoCompressionTask(String),
    #[error("a threshold of {0} is none")]
    Threshold(f64),
    #[error("a compression needs a threshold, in its row or as --threshold")]
    NoThreshold,
}

impl BatchRow {
    /// Files that the row names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [
            Some(&self.reference),
            Some(&self.output),
            self.payload.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(PathBuf::as_path)
    }

    /// What is to be scored; what the row leaves open is taken from `base`.
    ///
    /// # Errors
    /// A value that is unknown or out of range, a compression without a threshold.
    pub fn request(
        &self,
        base: &ScoreRequest,
        revision: &Revision,
    ) -> Result<ScoreRequest, RowError> {
        let task: Task = self
            .task
            .trim()
            .parse()
            .map_err(|UnknownTask(name)| RowError::Task(name))?;
        let mut request = base.request.clone();
        request.threshold = self.threshold.or(request.threshold);
        request.codec = self.codec.as_deref().map(codec_family).or(request.codec);
        request.bitrate = self.bitrate.or(request.bitrate);
        request.scale = self.scale.or(request.scale);
        if let Some(mode) = &self.mode {
            let named = RateMode::by_name(mode);
            request.mode = Some(named.map_err(|_| RowError::Mode(mode.to_lowercase()))?);
        }
        self.check()?;
        if task == Task::Compress {
            request.threshold = Some(threshold(request.threshold, revision)?);
        }
        Ok(ScoreRequest {
            task,
            reference: self.reference.clone(),
            output: self.output.clone(),
            payload: self.payload.clone(),
            original: None,
            origin: self.origin.unwrap_or(base.origin),
            request,
            length: self.length.map(Seconds).or(base.length),
            ..base.clone()
        })
    }

    fn check(&self) -> Result<(), RowError> {
        if self.length.is_some_and(|l| !(l.is_finite() && l >= 0.0)) {
            return Err(RowError::Length);
        }
        if self.bitrate.is_some_and(|b| !(b.is_finite() && b > 0.0)) {
            return Err(RowError::Bitrate);
        }
        if self.scale.is_some_and(|s| !(1..=16).contains(&s)) {
            return Err(RowError::Scale);
        }
        Ok(())
    }
}

fn threshold(given: Option<f64>, revision: &Revision) -> Result<f64, RowError> {
    let Some(rules) = &revision.compression else {
        return Err(RowError::NoCompressionTask(revision.name.clone()));
    };
    match given.or_else(|| rules.only_threshold()) {
        Some(t) if t > 0.0 && t <= 100.0 => Ok(t),
        Some(t) => Err(RowError::Threshold(t)),
        None => Err(RowError::NoThreshold),
    }
}
