//! Attributes of a gate other than its check.

use crate::rules::ColorSource;
use crate::scoring::CompressionReason;

/// Fixed codes of a failure, where a scorer has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codes {
    /// Of the central scorer.
    pub central: Option<&'static str>,
    /// Of the evaluator of competitions.
    pub competition: Option<&'static str>,
}

/// Files of the network's repositories that hold the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// In `vidAio-subnet/vidaio-subnet`.
    pub server: &'static str,
    /// The same for compressions, where it is another file.
    pub server_compression: Option<&'static str>,
    /// In `vidAio-subnet/validator-vidaio`.
    pub central: &'static str,
}

/// What a failure says about the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GateClass {
    /// It has too many bytes.
    Size,
    /// It differs too much from the reference.
    Quality,
    /// Nothing: a file of the validator is at fault.
    Validator,
    /// It has the wrong form: codec, container, dimensions, frames, tags.
    Encoding,
    /// Nothing that the file shows: time, delivery, other miners, earlier rounds.
    Network,
}

/// What is recorded for a compression that fails a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Records {
    /// A VMAF of 0 and the revision's rate for failures.
    Nothing,
    /// Its VMAF, and the revision's rate for failures.
    Vmaf,
    /// Its VMAF and its rate.
    VmafAndRate,
}

/// How a scorer logs a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Logged {
    /// As a separate reason.
    Alone,
    /// The scoring server collects all failures of the encoding check into one reason.
    WithEncoding,
    /// The same for compressions; a separate reason for upscalings.
    WithEncodingOfCompression,
}

/// Why a compression that fails a gate scores 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScoreReason {
    /// The formula already yields 0 and supplies the reason.
    Formula,
    Gate(CompressionReason),
}

/// What a gate needs beside the files and their scored VMAF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// Nothing.
    None,
    /// The base and the NEG model of VMAF.
    BothModels,
    /// A line through the luma of drawn frames.
    ToneLines,
    /// Luma and chroma on a fixed grid of fixed frames.
    SampledGrid,
    /// Red, green and blue of the frames that VMAF sees.
    Channels,
    /// Brightness and saturation of every frame.
    Saturation,
    /// Audio packets.
    Audio,
}

impl Evidence {
    /// What colour is measured by.
    pub(super) const fn of_color(source: ColorSource) -> Self {
        match source {
            ColorSource::Channels => Self::Channels,
            ColorSource::Saturation => Self::Saturation,
        }
    }

    /// Whether a score is open as long as this was not measured.
    #[must_use]
    pub fn leaves_score_open(self) -> bool {
        !matches!(self, Self::None | Self::Audio)
    }
}

impl Codes {
    pub(super) const NONE: Self = Self {
        central: None,
        competition: None,
    };

    pub(super) const fn central(code: &'static str) -> Self {
        Self {
            central: Some(code),
            competition: None,
        }
    }

    pub(super) const fn competition(code: &'static str) -> Self {
        Self {
            central: None,
            competition: Some(code),
        }
    }
}

impl Source {
    /// Where most gates stand.
    pub(super) const USUAL: Self = Self {
        server: "services/scoring/server.py",
        server_compression: None,
        central: "vidaio/scoring/gates.py",
    };

    pub(super) const fn central(file: &'static str) -> Self {
        Self {
            central: file,
            ..Self::USUAL
        }
    }

    pub(super) const fn server(file: &'static str) -> Self {
        Self {
            server: file,
            ..Self::USUAL
        }
    }
}
