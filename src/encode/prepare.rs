//! What a compression settles before its first file: the encoder, the decoded input, where the search starts.

use super::clock::Clock;
use super::encoders::audio;
use super::encoders::catalogue::Preset;
use super::encoders::select::{SelectedEncoder, select_encoder};
use super::encoders::tool::Ffmpeg;
use super::encoders::trial::TrialSize;
use super::error::EncodeError;
use super::lessons::learnt_from;
use super::record::SeedRecord;
use super::request::{CompressRequest, Strategy};
use super::search::Seed;
use super::search::prior::Prior;
use super::source::SourceClip;
use crate::measure::Progress;
use crate::media::{FrameIndex, index_frames};
use crate::scoring::compression_rules;

/// The preparations of a compression.
pub(super) struct Prepared {
    pub(super) selected: SelectedEncoder,
    pub(super) source: SourceClip,
    pub(super) seed: Seed,
    pub(super) seed_record: SeedRecord,
    pub(super) preset: &'static Preset,
}

/// Prepares a compression.
pub(super) fn prepare(
    ffmpeg: &Ffmpeg,
    request: &CompressRequest<'_>,
    clock: &Clock,
    progress: &dyn Progress,
) -> Result<Prepared, EncodeError> {
    let index = index_frames(&request.scoring.reference)?;
    let selected = select(ffmpeg, request, clock, &index)?;
    let preset = selected
        .encoder
        .preset_or_default(request.preset.as_deref())?;
    let go_on = || clock.go_on() && progress.go_on();
    audio::check(ffmpeg, &index.facts, request.audio, &go_on)?;
    let searched = request.strategy == Strategy::Search;
    let source = SourceClip::read(
        index,
        request.scoring.threads,
        request.hold,
        request.per_shot && searched,
        go_on,
    )?
    .ok_or_else(|| too_late(request))?;
    let (seed, seed_record) = seed(request, &selected, &source)?;
    Ok(Prepared {
        selected,
        source,
        seed,
        seed_record,
        preset,
    })
}

fn select(
    ffmpeg: &Ffmpeg,
    request: &CompressRequest<'_>,
    clock: &Clock,
    index: &FrameIndex,
) -> Result<SelectedEncoder, EncodeError> {
    let size = TrialSize {
        width: index.facts.width,
        height: index.facts.height,
    };
    let (encoder, codec, gpu) = (request.encoder, request.codec, request.gpu);
    // An encoder whose trial the deadline interrupted may well work.
    match select_encoder(ffmpeg, encoder, codec, gpu, size, clock) {
        Err(_) if !clock.go_on() => Err(too_late(request)),
        selected => selected,
    }
}

/// Where the search starts, by the prior and by earlier searches.
fn seed(
    request: &CompressRequest<'_>,
    selected: &SelectedEncoder,
    source: &SourceClip,
) -> Result<(Seed, SeedRecord), EncodeError> {
    let prior = Prior::embedded().map_err(|reason| EncodeError::Unfit {
        input: request.scoring.reference.clone(),
        reason: format!("the built-in map of qualities is damaged: {reason}"),
    })?;
    let model = compression_rules(request.revision)?.vmaf.model;
    let learnt = learnt_from(&request.lessons, selected.encoder.name);
    let axis = selected.axis;
    let seed = prior.seed(
        selected.encoder,
        &axis,
        &source.features,
        (request.threshold + request.margin, model),
        learnt,
    );
    let record = SeedRecord {
        quality: axis.finest + seed.level * axis.step,
        error: seed.spread * axis.step,
        features: source.features,
        learnt,
    };
    Ok((seed, record))
}

/// The error of a deadline that passed before a result was ready.
pub(super) fn too_late(request: &CompressRequest<'_>) -> EncodeError {
    EncodeError::TooLate {
        input: request.scoring.reference.clone(),
        seconds: request.deadline.map_or(0.0, |d| d.as_secs_f64()),
    }
}
