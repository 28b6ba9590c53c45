//! The making of a compression from end to end: a safe file first, then better ones.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::catalogue::Preset;
use super::clock::Clock;
use super::error::EncodeError;
use super::judge::{Aim, Objective};
use super::layout::pieces_of;
use super::learn::{Lesson, learnt_from};
use super::prior::Prior;
use super::record::{MADE_SCHEMA, MadeRecord, ProbeRecord, SeedRecord, device};
use super::resume::Journal;
use super::search::{Seed, Why};
use super::session::{Bench, Champion, Extra, Session};
use super::sound;
use super::source::{Source, Way};
use super::tool::Ffmpeg;
use super::trial::{Chosen, EncoderWish, Gpu, TrialSize, choose};
use super::warn::warnings;
use super::ways::{CAUTION, SAFE_CAUTION, by_grid, by_search, by_table};
use super::workplace::{Earlier, Workplace};
use super::write::Sound;
use crate::assess::ScoreRequest;
use crate::domain::Codec;
use crate::domain::RateMode;
use crate::measure::Progress;
use crate::media::index_frames;
use crate::rules::Revision;
use crate::scoring::compression_rules;

/// How the quality is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// By measuring.
    Search,
    /// By the published table: one encode, measured and judged all the same.
    Table,
    /// A stretch of the axis of quality in steps: what searches are compared with and the map of
    /// qualities is fitted on.
    Grid(Grid),
}

/// A stretch of the axis of quality, in the encoder's own numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Finest quality.
    pub from: f64,
    /// Coarsest quality.
    pub to: f64,
    /// Step.
    pub step: f64,
}

/// Everything that is asked of a compression.
#[derive(Debug, Clone)]
pub struct CompressAsk<'a> {
    /// What is measured how; the reference is the input, its output is replaced.
    pub request: ScoreRequest,
    /// Where the result goes.
    pub output: PathBuf,
    /// The rules.
    pub revision: &'a Revision,
    /// Others whose scores are shown beside.
    pub others: Vec<&'a Revision>,
    /// VMAF threshold.
    pub threshold: f64,
    /// VMAF above it that is aimed at.
    pub margin: f64,
    /// Codec.
    pub codec: Codec,
    /// Encoder.
    pub encoder: EncoderWish,
    /// Whether hardware must encode.
    pub gpu: Gpu,
    /// Preset by name; without, the usual one or what the deadline leaves time for.
    pub preset: Option<String>,
    /// What is sought.
    pub objective: Objective,
    /// How.
    pub strategy: Strategy,
    /// When all must be over.
    pub deadline: Option<Duration>,
    /// When it began.
    pub start: Instant,
    /// Most files that are made and measured.
    pub probes: usize,
    /// Whether shots may have a quality of their own.
    pub by_shots: bool,
    /// Sound.
    pub sound: Sound,
    /// What an interrupted run left.
    pub earlier: Earlier,
    /// Bytes that the frames of the input may take in memory.
    pub hold: u64,
    /// Earlier searches on this machine, where they may be used.
    pub lessons: Vec<Lesson>,
}

/// A dry run: what would be done.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Intention {
    /// Our name of the encoder.
    pub encoder: String,
    /// Its preset.
    pub preset: String,
    /// What was asked for and does not work here.
    pub fallback: Option<super::trial::Fallback>,
    /// Where the search would begin.
    pub seed: SeedRecord,
    /// Quality of the first file.
    pub first_quality: f64,
    /// Smallest step of quality.
    pub step: f64,
    /// Shots that were found: their first frames, and the frames behind their last.
    pub shots: Vec<Range<u64>>,
    /// Pieces that would be encoded side by side.
    pub pieces: usize,
    /// Whether the input fits into the memory allowed.
    pub reference_held: bool,
}

/// Share of a bitrate asked for that is aimed at; the gate allows 1.10.
const BITRATE_SHARE: f64 = 1.05;

/// Everything that is settled before the first file.
struct Prepared {
    chosen: Chosen,
    source: Source,
    seed: Seed,
    record: SeedRecord,
    preset: &'static Preset,
}

fn prepare(
    ffmpeg: &Ffmpeg,
    ask: &CompressAsk<'_>,
    clock: &Clock,
    progress: &dyn Progress,
) -> Result<Prepared, EncodeError> {
    let input = &ask.request.reference;
    let index = index_frames(input)?;
    let size = TrialSize {
        width: index.facts.width,
        height: index.facts.height,
    };
    let chosen = choose(ffmpeg, ask.encoder, ask.codec, ask.gpu, size, clock);
    // An encoder that was not given the time to be tried is no encoder that does not work.
    let chosen = match chosen {
        Err(_) if !clock.go_on() => return Err(too_late(ask)),
        chosen => chosen?,
    };
    let preset = chosen.encoder.preset_or_usual(ask.preset.as_deref())?;
    let go_on = || clock.go_on() && progress.go_on();
    sound::check(ffmpeg, &index.facts, ask.sound, &go_on)?;
    let searched = ask.strategy == Strategy::Search;
    let source = Source::read(
        index,
        ask.request.threads,
        ask.hold,
        ask.by_shots && searched,
        go_on,
    )?
    .ok_or_else(|| too_late(ask))?;
    let prior = Prior::embedded().map_err(|reason| EncodeError::Unfit {
        input: input.clone(),
        reason: format!("the built-in map of qualities is damaged: {reason}"),
    })?;
    let target = ask.threshold + ask.margin;
    let model = compression_rules(ask.revision)?.vmaf.model;
    let learnt = learnt_from(&ask.lessons, chosen.encoder.name);
    let seed = prior.seed(
        chosen.encoder,
        &chosen.axis,
        &source.features,
        (target, model),
        learnt,
    );
    let record = SeedRecord {
        quality: chosen.axis.finest + seed.level * chosen.axis.step,
        error: seed.spread * chosen.axis.step,
        features: source.features,
        learnt,
    };
    Ok(Prepared {
        chosen,
        source,
        seed,
        record,
        preset,
    })
}

fn too_late(ask: &CompressAsk<'_>) -> EncodeError {
    EncodeError::TooLate {
        input: ask.request.reference.clone(),
        seconds: ask.deadline.map_or(0.0, |d| d.as_secs_f64()),
    }
}

/// What would be done, without making anything.
///
/// # Errors
/// As [`compress`], as far as it goes.
pub fn intend(
    ffmpeg: &Ffmpeg,
    ask: &CompressAsk<'_>,
    progress: &dyn Progress,
) -> Result<Intention, EncodeError> {
    let clock = Clock::new(ask.start, ask.deadline);
    let p = prepare(ffmpeg, ask, &clock, progress)?;
    let caution = if ask.deadline.is_some() {
        SAFE_CAUTION
    } else {
        CAUTION
    };
    let first = p.seed.cautious(caution);
    Ok(Intention {
        encoder: p.chosen.encoder.name.into(),
        preset: p.preset.name.into(),
        fallback: p.chosen.fallback.clone(),
        first_quality: p.chosen.axis.quality(first),
        seed: p.record,
        step: p.chosen.axis.step,
        shots: p.source.shots.clone(),
        pieces: pieces_of(&p.source, ask.request.threads).len(),
        reference_held: p.source.held.is_some(),
    })
}

/// Makes the best compression that can be made, and puts it in place.
///
/// # Errors
/// Nothing that passes every gate could be made in time or at all; the result's place is then as it was.
pub fn compress(
    ffmpeg: &Ffmpeg,
    ask: &CompressAsk<'_>,
    progress: &dyn Progress,
    told: &mut dyn FnMut(&ProbeRecord),
) -> Result<MadeRecord, EncodeError> {
    let clock = Clock::new(ask.start, ask.deadline);
    let place = Workplace::open(&ask.output, ask.earlier)?;
    let made = within(ffmpeg, ask, &clock, &place, progress, told);
    // Finished pieces of a long clip stay for a run that goes on from them; nothing else is worth keeping.
    if made.is_ok() || !place.has_pieces() {
        place.close();
    }
    made
}

fn within(
    ffmpeg: &Ffmpeg,
    ask: &CompressAsk<'_>,
    clock: &Clock,
    place: &Workplace,
    progress: &dyn Progress,
    told: &mut dyn FnMut(&ProbeRecord),
) -> Result<MadeRecord, EncodeError> {
    let prepared = prepare(ffmpeg, ask, clock, progress)?;
    let Prepared {
        chosen,
        source,
        seed,
        record,
        preset,
    } = &prepared;
    let aim = aim_of(ask, source);
    let pieces = pieces_of(source, ask.request.threads);
    let shared = ask.by_shots
        && source.shots.len() > 1
        && (chosen.encoder.zones || source.way == Way::Pipe)
        && pieces.len() == 1;
    let parameters = chosen.encoder.variants.iter();
    let extras: Vec<Extra> = shared
        .then_some(Extra::Shots)
        .into_iter()
        .chain(parameters.map(|(name, p)| Extra::Parameters(name, p)))
        .collect();
    let mut journal = Journal::open(place, ask, chosen, ffmpeg, &extras, &aim)?;
    let earlier = journal.earlier();
    let mut tell = |record: &ProbeRecord| {
        journal.write(record);
        told(record);
    };
    let mut session = Session {
        bench: Bench {
            ffmpeg,
            source,
            encoder: chosen.encoder,
            axis: chosen.axis,
            sound: ask.sound,
            request: &ask.request,
            revision: ask.revision,
            others: &ask.others,
            aim,
            clock: *clock,
            place,
            progress,
            pieces: &pieces,
            extras: &extras,
            threads: ask.request.threads,
        },
        probes: Vec::new(),
        champion: None,
        trouble: None,
        told: &mut tell,
    };
    let ended = match ask.strategy {
        Strategy::Table => by_table(&mut session, preset, ask)?,
        Strategy::Grid(grid) => by_grid(&mut session, preset, grid)?,
        Strategy::Search => by_search(&mut session, *seed, preset, ask, earlier, extras.len())?,
    };
    let trouble = session.trouble.take();
    let probes = session.probes;
    let Some(Champion { number, score, .. }) = session.champion else {
        return Err(nothing(ask, ended, &probes, aim.ceiling));
    };
    let mut warnings = warnings(&score, source, chosen, ask);
    if let Some(trouble) = trouble {
        warnings.push(format!(
            "the search ended early ({trouble}); what was best until then was delivered"
        ));
    }
    Ok(MadeRecord {
        schema: MADE_SCHEMA.into(),
        input: crate::shown::path(&ask.request.reference),
        output: crate::shown::path(place.output()),
        codec: ask.codec,
        encoder: chosen.encoder.name.into(),
        library: chosen.encoder.library.into(),
        device: device(chosen.encoder),
        fallback: chosen.fallback.clone(),
        preset: probes
            .iter()
            .find(|p| p.number == number)
            .map_or_else(|| preset.name.into(), |p| p.preset.clone()),
        ffmpeg: ffmpeg.version().into(),
        objective: ask.objective.name().into(),
        margin: ask.margin,
        ended,
        seconds: clock.elapsed(),
        deadline: clock.seconds(),
        chosen: number,
        shots: source.shots.len(),
        reference_held: source.held.is_some(),
        seed: record.clone(),
        probes,
        verdict: score,
        warnings,
    })
}

fn aim_of<'a>(ask: &CompressAsk<'a>, source: &Source) -> Aim<'a> {
    let facts = &source.index.facts;
    let seconds = facts.duration_seconds.unwrap_or(0.0);
    let asked = ask.request.request.bitrate;
    let limited = matches!(
        ask.request.request.mode,
        Some(RateMode::Vbr | RateMode::Cbr)
    );
    Aim {
        objective: ask.objective,
        revision: ask.revision,
        threshold: ask.threshold,
        target: ask.threshold + ask.margin,
        source_bytes: facts.bytes,
        ceiling: asked
            .filter(|_| limited && seconds > 0.0)
            .map(|megabits| megabits * 1e6 / 8.0 * seconds * BITRATE_SHARE),
    }
}

/// Why nothing was delivered.
fn nothing(
    ask: &CompressAsk<'_>,
    ended: Why,
    probes: &[ProbeRecord],
    ceiling: Option<f64>,
) -> EncodeError {
    if ended == Why::Time {
        return too_late(ask);
    }
    let nearest = probes
        .iter()
        .max_by(|a, b| a.vmaf.total_cmp(&b.vmaf))
        .map_or_else(
            || "none at all".to_owned(),
            |p| {
                let mut gates: Vec<String> = p.failed.iter().map(crate::rules::spelled).collect();
                if ceiling.is_some_and(|most| p.bytes as f64 > most) {
                    gates.push("over the --bitrate".into());
                }
                let gates = if gates.is_empty() {
                    format!("VMAF under {}", ask.threshold + ask.margin)
                } else {
                    gates.join(", ")
                };
                format!(
                    "{} at quality {} with VMAF {:.3} and {} bytes (against it: {gates})",
                    p.encoder, p.quality, p.vmaf, p.bytes
                )
            },
        );
    EncodeError::NothingPasses {
        input: ask.request.reference.clone(),
        nearest,
    }
}

/// The path of the result's folder must exist before any work.
#[must_use]
pub fn folder_of(output: &Path) -> &Path {
    output
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
