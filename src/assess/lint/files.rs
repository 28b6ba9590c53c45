//! The files that lint is given, as far as they can be read.

use std::path::Path;

use super::record::LintRequest;
use crate::assess::score::clip_state;
use crate::gates::ClipState;
use crate::measure::MeasureError;
use crate::media::{FrameIndex, MediaError, index_frames};

/// A file, or why it cannot be read.
pub(super) struct ReadFile {
    index: Result<FrameIndex, MediaError>,
    /// The error in words; empty where there is none.
    why: String,
}

impl ReadFile {
    fn open(path: &Path) -> Result<Self, MeasureError> {
        let index = index_frames(path);
        match index {
            // What cannot be read for want of memory says nothing of the file.
            Err(e) if e.is_for_want_of_memory() => Err(e.into()),
            index => {
                let why = index.as_ref().err().map(MediaError::to_string);
                let why = why.unwrap_or_default();
                Ok(Self { index, why })
            }
        }
    }

    /// The file as gates see it.
    pub(super) fn state(&self) -> ClipState<'_> {
        match &self.index {
            Ok(index) => clip_state(index),
            Err(e) => ClipState::Unreadable {
                why: &self.why,
                empty: matches!(e, MediaError::Empty { .. }),
            },
        }
    }

    pub(super) fn is_readable(&self) -> bool {
        self.index.is_ok()
    }

    /// Why it cannot be read, if it cannot.
    pub(super) fn why(&self) -> Option<&str> {
        self.index.is_err().then_some(self.why.as_str())
    }
}

/// Every file of a request.
pub(super) struct LintFiles {
    pub(super) reference: ReadFile,
    pub(super) output: ReadFile,
    pub(super) payload: Option<ReadFile>,
    /// Why the original cannot be compared with the output, if it cannot; absent without an original.
    pub(super) original: Option<Result<(), String>>,
}

impl LintFiles {
    /// Reads the packets of all files.
    ///
    /// # Errors
    /// Only want of memory: a file that cannot be read is what gates judge.
    pub(super) fn open(request: &LintRequest<'_>) -> Result<Self, MeasureError> {
        let output = ReadFile::open(request.output)?;
        let original = request.original.map(|path| comparable(path, &output));
        Ok(Self {
            reference: ReadFile::open(request.reference)?,
            payload: request.payload.map(ReadFile::open).transpose()?,
            output,
            original,
        })
    }

    /// Reference and output as gates see them.
    pub(super) fn pair(&self) -> [ClipState<'_>; 2] {
        [self.reference.state(), self.output.state()]
    }

    /// Whether reference and output can be measured.
    pub(super) fn are_readable(&self) -> bool {
        self.reference.is_readable() && self.output.is_readable()
    }
}

/// Whether an original can be compared with an output.
fn comparable(path: &Path, output: &ReadFile) -> Result<(), String> {
    let original = index_frames(path).map_err(|e| e.to_string())?;
    let Ok(output) = &output.index else {
        return Ok(());
    };
    let of = |index: &FrameIndex| (index.facts.width, index.facts.height, index.frames);
    if of(&original) == of(output) {
        return Ok(());
    }
    let text = |(width, height, frames)| format!("{width}x{height} with {frames} frames");
    Err(format!(
        "{}, the output is {}",
        text(of(&original)),
        text(of(output))
    ))
}
