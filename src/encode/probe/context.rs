//! What all probes of a clip have in common, and what distinguishes one.

use std::ops::Range;

use super::judge::SearchTarget;
use crate::assess::ScoreRequest;
use crate::encode::clock::Clock;
use crate::encode::encoders::audio::AudioPolicy;
use crate::encode::encoders::catalogue::{Encoder, Preset, QualityAxis};
use crate::encode::encoders::tool::Ffmpeg;
use crate::encode::record::ProbePurpose;
use crate::encode::search::{Level, Variant};
use crate::encode::source::SourceClip;
use crate::encode::workspace::Workspace;
use crate::measure::{Progress, Step};
use crate::rules::Revision;

/// How a variant differs from the default parameters.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VariantKind {
    /// Its name, and the parameters of the encoder that are added.
    Parameters(&'static str, &'static str),
    /// Quality is allocated per shot.
    Shots,
}

/// What is the same for every probe of a clip.
pub(crate) struct ProbeContext<'a> {
    pub(crate) ffmpeg: &'a Ffmpeg,
    pub(crate) source: &'a SourceClip,
    pub(crate) encoder: &'static Encoder,
    pub(crate) axis: QualityAxis,
    pub(crate) audio: AudioPolicy,
    pub(crate) scoring: &'a ScoreRequest,
    pub(crate) revision: &'a Revision,
    /// Further revisions whose scores are reported.
    pub(crate) others: &'a [&'a Revision],
    pub(crate) target: SearchTarget<'a>,
    pub(crate) clock: Clock,
    pub(crate) workspace: &'a Workspace,
    pub(crate) progress: &'a dyn Progress,
    /// Ranges of frames that are encoded in parallel and joined; a single one if the clip is encoded in one go.
    pub(crate) pieces: &'a [Range<u64>],
    /// Variants 1, 2, and so on.
    pub(crate) variants: &'a [VariantKind],
    pub(crate) threads: u32,
}

impl ProbeContext<'_> {
    /// How a variant differs from the default parameters; nothing for variant 0.
    pub(crate) fn variant_kind(&self, variant: Variant) -> Option<&VariantKind> {
        variant.checked_sub(1).map(|i| &self.variants[i])
    }

    /// Whether a variant allocates quality per shot.
    pub(super) fn is_per_shot(&self, variant: Variant) -> bool {
        matches!(self.variant_kind(variant), Some(VariantKind::Shots))
    }

    /// Whether there is time left and nobody has cancelled.
    pub(super) fn go_on(&self) -> bool {
        self.clock.go_on() && self.progress.go_on()
    }
}

/// Progress of a probe's measurement, which also stops at the deadline.
pub(super) struct DeadlineProgress<'a>(pub(super) &'a ProbeContext<'a>);

impl Progress for DeadlineProgress<'_> {
    fn begin(&self, step: Step, units: u64) {
        self.0.progress.begin(step, units);
    }
    fn advance(&self) {
        self.0.progress.advance();
    }
    fn end(&self) {
        self.0.progress.end();
    }
    fn go_on(&self) -> bool {
        self.0.go_on()
    }
}

/// What one probe encodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProbeSpec {
    pub(crate) purpose: ProbePurpose,
    pub(crate) preset: &'static Preset,
    pub(crate) variant: Variant,
    pub(crate) level: Level,
}
