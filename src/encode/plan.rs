//! A dry run: what a compression would do.

use std::ops::Range;

use super::clock::Clock;
use super::encoders::select::Fallback;
use super::encoders::tool::Ffmpeg;
use super::error::EncodeError;
use super::prepare::prepare;
use super::probe::pieces::pieces_of;
use super::probe::safe::SAFE_CAUTION;
use super::probe::strategies::CAUTION;
use super::record::SeedRecord;
use super::request::CompressRequest;
use crate::measure::Progress;

/// What a compression would do.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "Intention")]
#[non_exhaustive]
pub struct CompressPlan {
    /// Name of the encoder on the command line.
    pub encoder: String,
    /// Its preset, unless the deadline requires a faster one.
    pub preset: String,
    /// The encoder that it replaces, if it is not the requested one.
    pub fallback: Option<Fallback>,
    /// Where the search would start.
    pub seed: SeedRecord,
    /// Quality of the first file.
    pub first_quality: f64,
    /// Smallest step of quality.
    pub step: f64,
    /// Frames of every shot.
    pub shots: Vec<Range<u64>>,
    /// Pieces that would be encoded in parallel.
    pub pieces: usize,
    /// Whether the decoded input fits into the allowed memory.
    pub reference_held: bool,
}

/// Prepares a compression without encoding anything.
///
/// # Errors
/// Like [`compress`](super::compress()), as far as it goes.
pub fn plan_compression(
    ffmpeg: &Ffmpeg,
    request: &CompressRequest<'_>,
    progress: &dyn Progress,
) -> Result<CompressPlan, EncodeError> {
    let clock = Clock::new(request.start, request.deadline);
    let prepared = prepare(ffmpeg, request, &clock, progress)?;
    let caution = if request.deadline.is_some() {
        SAFE_CAUTION
    } else {
        CAUTION
    };
    let first = prepared.seed.cautious(caution);
    let (selected, source) = (prepared.selected, prepared.source);
    Ok(CompressPlan {
        encoder: selected.encoder.name.into(),
        preset: prepared.preset.name.into(),
        fallback: selected.fallback,
        first_quality: selected.axis.quality(first),
        seed: prepared.seed_record,
        step: selected.axis.step,
        pieces: pieces_of(&source, request.scoring.threads).len(),
        reference_held: source.held.is_some(),
        shots: source.shots,
    })
}
