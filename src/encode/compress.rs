//! A compression from start to end.

use std::ops::Range;

use super::clock::Clock;
use super::encoders::tool::Ffmpeg;
use super::error::EncodeError;
use super::prepare::{Prepared, prepare, too_late};
use super::probe::context::{ProbeContext, VariantKind};
use super::probe::journal::{Journal, JournalInput};
use super::probe::judge::SearchTarget;
use super::probe::pieces::pieces_of;
use super::probe::runner::{BestFile, ProbeRunner};
use super::probe::strategies::{SearchStart, by_grid, by_search, by_table};
use super::record::{MADE_SCHEMA, MadeRecord, ProbeRecord, device};
use super::request::{CompressRequest, Strategy};
use super::search::StopReason;
use super::source::{FrameTransport, SourceClip};
use super::warnings::warnings;
use super::workspace::Workspace;
use crate::assess::PairScore;
use crate::domain::RateMode;
use crate::measure::Progress;

/// Multiple of the requested bitrate that a file may have. Our choice, to stay below the gate's 1.10.
const BITRATE_FACTOR: f64 = 1.05;

/// Searches the best compression and delivers it.
///
/// # Errors
/// No file that passes every gate could be encoded, in time or at all; the output path is then unchanged.
pub fn compress(
    ffmpeg: &Ffmpeg,
    request: &CompressRequest<'_>,
    progress: &dyn Progress,
    on_probe: &mut dyn FnMut(&ProbeRecord),
) -> Result<MadeRecord, EncodeError> {
    let clock = Clock::new(request.start, request.deadline);
    let workspace = Workspace::open(&request.output, request.resume)?;
    let made = Compression {
        ffmpeg,
        request,
        clock: &clock,
        workspace: &workspace,
        progress,
    }
    .run(on_probe);
    // The finished pieces of a long clip are kept for a resumed run; nothing else is worth keeping.
    if made.is_ok() || !workspace.has_pieces() {
        workspace.close();
    }
    made
}

/// A compression in its workspace.
struct Compression<'a> {
    ffmpeg: &'a Ffmpeg,
    request: &'a CompressRequest<'a>,
    clock: &'a Clock,
    workspace: &'a Workspace,
    progress: &'a dyn Progress,
}

/// How the probes of a compression ended.
struct Searched {
    stopped: StopReason,
    probes: Vec<ProbeRecord>,
    best: Option<BestFile>,
    /// An error that came after a file was delivered.
    trouble: Option<String>,
    /// Whether an interrupted run could not be resumed.
    starts_again: bool,
}

impl Compression<'_> {
    fn run(&self, on_probe: &mut dyn FnMut(&ProbeRecord)) -> Result<MadeRecord, EncodeError> {
        let prepared = prepare(self.ffmpeg, self.request, self.clock, self.progress)?;
        let target = target_of(self.request, &prepared.source);
        let pieces = pieces_of(&prepared.source, self.request.scoring.threads);
        let variants = self.variants(&prepared, &pieces);
        let searched = self.search(&prepared, target, &pieces, &variants, on_probe)?;
        let Some(best) = searched.best else {
            return Err(self.nothing(searched.stopped, &searched.probes, target.most_bytes));
        };
        let mut warnings = warnings(
            &best.score,
            &prepared.source,
            &prepared.selected,
            self.request,
        );
        if let Some(trouble) = searched.trouble {
            warnings.push(format!(
                "the search ended early ({trouble}); what was best until then was delivered"
            ));
        }
        if searched.starts_again {
            warnings.push(
                "the interrupted run was not resumed: its input, request, encoder or version of vidaio was another"
                    .into(),
            );
        }
        let (number, score) = (best.number, best.score);
        let record = self.record(prepared, searched.stopped, searched.probes, number, score);
        Ok(MadeRecord { warnings, ..record })
    }

    /// The variants that are tried besides the default parameters.
    fn variants(&self, prepared: &Prepared, pieces: &[Range<u64>]) -> Vec<VariantKind> {
        let (encoder, source) = (prepared.selected.encoder, &prepared.source);
        let per_shot = self.request.per_shot
            && source.shots.len() > 1
            && (encoder.zones || source.transport == FrameTransport::Pipe)
            && pieces.len() == 1;
        let parameters = encoder.variants.iter();
        per_shot
            .then_some(VariantKind::Shots)
            .into_iter()
            .chain(parameters.map(|(name, p)| VariantKind::Parameters(name, p)))
            .collect()
    }

    /// Runs the probes of the requested strategy.
    fn search(
        &self,
        prepared: &Prepared,
        target: SearchTarget<'_>,
        pieces: &[Range<u64>],
        variants: &[VariantKind],
        on_probe: &mut dyn FnMut(&ProbeRecord),
    ) -> Result<Searched, EncodeError> {
        let (request, selected) = (self.request, &prepared.selected);
        let input = JournalInput {
            request,
            selected,
            ffmpeg: self.ffmpeg,
            variants,
            target: &target,
        };
        let mut journal = Journal::open(self.workspace, &input)?;
        let (earlier, starts_again) = (journal.take_earlier(), journal.is_discarded());
        let mut on_probe = |record: &ProbeRecord| {
            journal.write(record);
            on_probe(record);
        };
        let mut runner = ProbeRunner {
            context: ProbeContext {
                ffmpeg: self.ffmpeg,
                source: &prepared.source,
                encoder: selected.encoder,
                axis: selected.axis,
                audio: request.audio,
                scoring: &request.scoring,
                revision: request.revision,
                others: &request.others,
                target,
                clock: *self.clock,
                workspace: self.workspace,
                progress: self.progress,
                pieces,
                variants,
                threads: request.scoring.threads,
            },
            probes: Vec::new(),
            best: None,
            trouble: None,
            on_probe: &mut on_probe,
        };
        let preset = prepared.preset;
        let stopped = match request.strategy {
            Strategy::Table => by_table(&mut runner, preset, request.threshold)?,
            Strategy::Grid(grid) => by_grid(&mut runner, preset, grid)?,
            Strategy::Search => {
                let start = SearchStart {
                    seed: prepared.seed,
                    preset,
                    earlier,
                };
                by_search(&mut runner, request, start)?
            }
        };
        Ok(Searched {
            stopped,
            probes: runner.probes,
            best: runner.best,
            trouble: runner.trouble,
            starts_again,
        })
    }

    /// The record of a finished run, without its warnings.
    fn record(
        &self,
        prepared: Prepared,
        stopped: StopReason,
        probes: Vec<ProbeRecord>,
        chosen: u32,
        verdict: PairScore,
    ) -> MadeRecord {
        let (request, source) = (self.request, prepared.source);
        let encoder = prepared.selected.encoder;
        MadeRecord {
            schema: MADE_SCHEMA.into(),
            input: crate::shown::path(&request.scoring.reference),
            output: crate::shown::path(self.workspace.output()),
            codec: request.codec,
            encoder: encoder.name.into(),
            library: encoder.library.into(),
            device: device(encoder),
            fallback: prepared.selected.fallback,
            preset: probes
                .iter()
                .find(|p| p.number == chosen)
                .map_or_else(|| prepared.preset.name.into(), |p| p.preset.clone()),
            ffmpeg: self.ffmpeg.version().into(),
            objective: request.objective.name().into(),
            margin: request.margin,
            ended: stopped,
            seconds: self.clock.elapsed(),
            deadline: self.clock.seconds(),
            chosen,
            shots: source.shots.len(),
            reference_held: source.held.is_some(),
            seed: prepared.seed_record,
            probes,
            verdict,
            warnings: Vec::new(),
        }
    }

    /// Why nothing was delivered.
    fn nothing(
        &self,
        stopped: StopReason,
        probes: &[ProbeRecord],
        most_bytes: Option<f64>,
    ) -> EncodeError {
        let request = self.request;
        if stopped == StopReason::Time {
            return too_late(request);
        }
        let nearest = probes.iter().max_by(|a, b| a.vmaf.total_cmp(&b.vmaf));
        let describe = |p: &ProbeRecord| {
            let mut gates: Vec<String> = p.failed.iter().map(crate::rules::spelled).collect();
            if most_bytes.is_some_and(|most| p.bytes as f64 > most) {
                gates.push("over the --bitrate".into());
            }
            let gates = if gates.is_empty() {
                format!("VMAF under {}", request.threshold + request.margin)
            } else {
                gates.join(", ")
            };
            format!(
                "{} at quality {} with VMAF {:.3} and {} bytes (against it: {gates})",
                p.encoder, p.quality, p.vmaf, p.bytes
            )
        };
        EncodeError::NothingPasses {
            input: request.scoring.reference.clone(),
            nearest: nearest.map_or_else(|| "none at all".to_owned(), describe),
        }
    }
}

/// What the search has to reach for a request.
fn target_of<'a>(request: &CompressRequest<'a>, source: &SourceClip) -> SearchTarget<'a> {
    let facts = &source.index.facts;
    let seconds = facts.duration_seconds.unwrap_or(0.0);
    let asked = &request.scoring.request;
    let limited = matches!(asked.mode, Some(RateMode::Vbr | RateMode::Cbr)) && seconds > 0.0;
    let most_bytes = |megabits: f64| megabits * 1e6 / 8.0 * seconds * BITRATE_FACTOR;
    SearchTarget {
        objective: request.objective,
        revision: request.revision,
        threshold: request.threshold,
        vmaf: request.threshold + request.margin,
        source_bytes: facts.bytes,
        most_bytes: asked.bitrate.filter(|_| limited).map(most_bytes),
    }
}
