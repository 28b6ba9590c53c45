//! The making of an upscaling from end to end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::error::UpscaleError;
use super::frames::Flow;
use super::write::Writer;
use crate::domain::{Codec, Origin, Task};
use crate::encode::{
    Chosen, Clock, Earlier, EncodeError, Ended, Fallback, Ffmpeg, Setting, Source, Way, Workplace,
};
use crate::gates::{ClipState, TaskRequest};
use crate::measure::{Progress, Step};
use crate::media::{ClipFacts, FrameIndex, FrameRateKind, index_frames};
use crate::rules::Revision;
use crate::verdict::{GateVerdict, TaskContext, judge_files};

/// Value of [`UpscaledRecord::schema`].
pub const UPSCALED_SCHEMA: &str = "vidaio.upscaled/1";

/// Quality that is nearly lossless, in the numbers of x264 and x265 and in those of the AV1 encoders.
const NEARLY_LOSSLESS: (f64, f64) = (14.0, 20.0);
/// Share of the size allowed that is aimed at where a first file is too big.
const CAP_SHARE: f64 = 0.9;
/// Files that are tried to get under the size allowed.
const TRIES: usize = 4;

/// Everything that is asked of an upscaling.
pub struct UpscaleAsk<'a> {
    /// The input.
    pub input: PathBuf,
    /// Where the result goes.
    pub output: PathBuf,
    /// Factor of both sides.
    pub scale: u32,
    /// Columns and rows of the result, where they are not the input's times the factor: an original whose
    /// size the factor does not divide was rounded when it was made small.
    pub size: Option<(u32, u32)>,
    /// The rules.
    pub revision: &'a Revision,
    /// Where the task comes from.
    pub origin: Origin,
    /// Codec.
    pub codec: Codec,
    /// Who encodes.
    pub chosen: Chosen,
    /// Preset of the encoder by name; without, its usual one.
    pub preset: Option<String>,
    /// How frames flow.
    pub flow: Flow,
    /// Threads.
    pub threads: u32,
    /// When all must be over.
    pub deadline: Option<Duration>,
    /// When it began.
    pub start: Instant,
}

impl UpscaleAsk<'_> {
    /// Columns and rows of the result.
    #[must_use]
    pub fn size_of(&self, input: &ClipFacts) -> (u32, u32) {
        self.size
            .unwrap_or((input.width * self.scale, input.height * self.scale))
    }
}

/// What was made.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct UpscaledRecord {
    /// [`UPSCALED_SCHEMA`].
    pub schema: String,
    /// The input.
    pub input: String,
    /// The file that was made.
    pub output: String,
    /// Factor of both sides.
    pub scale: u32,
    /// Who enlarged.
    pub engine: String,
    /// Where that ran: `cpu` or `cuda`.
    pub device: String,
    /// Whether it computed in half precision.
    pub half: bool,
    /// SHA-256 of the weights, where there are any.
    pub weights: Option<String>,
    /// Version of libtorch, where it ran.
    pub libtorch: Option<String>,
    /// Why this engine, where it was chosen by trial.
    pub why: Option<String>,
    /// Our name of the encoder.
    pub encoder: String,
    /// Its preset.
    pub preset: String,
    /// What was asked for and does not work here.
    pub fallback: Option<Fallback>,
    /// Its number for the quality.
    pub quality: f64,
    /// Version of the FFmpeg program.
    pub ffmpeg: String,
    /// Columns and rows of the output.
    pub size: (u32, u32),
    /// Frames of the output.
    pub frames: u64,
    /// Bytes of the input.
    pub input_bytes: u64,
    /// Bytes of the output.
    pub output_bytes: u64,
    /// Most bytes that the rules allow, where they do.
    pub most_bytes: Option<u64>,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Frames a second, from start to end.
    pub frames_per_second: f64,
    /// The revision of the gates.
    pub rules: String,
    /// Gates that look at the file alone; what needs the original is not judged.
    pub gates: GateVerdict,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Makes an upscaling and puts it in place.
///
/// # Errors
/// Whatever keeps it from being made; the result's place is then as it was.
pub fn upscale(
    ffmpeg: &Ffmpeg,
    ask: &UpscaleAsk<'_>,
    engine: &mut Engine,
    progress: &dyn Progress,
) -> Result<UpscaledRecord, UpscaleError> {
    let place = Workplace::open(&ask.output, Earlier::Removed)?;
    let made = within(ffmpeg, ask, engine, &place, progress);
    place.close();
    made
}

/// Most bytes that a revision allows for an upscaling of so many bytes.
#[must_use]
pub fn most_bytes(revision: &Revision, scale: u32, input: u64) -> Option<u64> {
    let factor = match scale {
        2 => revision.gates.size_cap_x2,
        4 => revision.gates.size_cap_x4,
        _ => None,
    }?;
    Some((factor * input as f64) as u64)
}

fn within(
    ffmpeg: &Ffmpeg,
    ask: &UpscaleAsk<'_>,
    engine: &mut Engine,
    place: &Workplace,
    progress: &dyn Progress,
) -> Result<UpscaledRecord, UpscaleError> {
    let clock = Clock::new(ask.start, ask.deadline);
    if let Engine::Network(network) = engine {
        let own = network.facts.scale;
        if ask.scale != own && ask.scale * 2 != own {
            return Err(UpscaleError::Scale {
                name: network.name.clone(),
                own,
                wanted: ask.scale,
            });
        }
    }
    let mut source = Source::unread(&ask.input, ask.threads)?;
    if ask.flow.stride > 1 {
        // Repeated frames have no times of their own.
        source.way = Way::Pipe;
    }
    let facts = source.index.facts.clone();
    let cap = most_bytes(ask.revision, ask.scale, facts.bytes);
    let encoder = ask.chosen.encoder;
    let preset = encoder.preset_or_usual(ask.preset.as_deref())?;
    if let Engine::Network(network) = engine {
        network.worker.give_up_at(clock.end());
    }
    let go_on = || clock.go_on() && progress.go_on();
    let advance = || progress.advance();
    let writer = Writer {
        ffmpeg,
        source: &source,
        scale: ask.scale,
        size: ask.size_of(&facts),
        flow: ask.flow,
        go_on: &go_on,
        advance: &advance,
    };
    let mut quality = match ask.codec {
        Codec::Hevc | Codec::H264 => NEARLY_LOSSLESS.0,
        Codec::Av1 | Codec::Vp9 => NEARLY_LOSSLESS.1,
    };
    let mut made: Option<PathBuf> = None;
    let mut notes = Vec::new();
    for _ in 0..TRIES {
        let path = place.fresh(".mp4");
        let setting = Setting {
            encoder,
            preset,
            quality,
            variant: "",
            zones: &[],
            threads: ask.threads,
        };
        let ended = match &made {
            None => {
                progress.begin(Step::Upscale, source.index.frames);
                let ended = writer.write(engine, &setting, &path);
                progress.end();
                // Whatever failed because the time was over failed by that.
                match ended {
                    Err(_) if !clock.go_on() => Ended::Stopped,
                    ended => ended?,
                }
            }
            Some(first) => writer.coarser(first, &setting, &path),
        };
        match ended {
            Ended::Done => {}
            Ended::Stopped => {
                return Err(EncodeError::TooLate {
                    input: ask.input.clone(),
                    seconds: clock.seconds().unwrap_or(0.0),
                }
                .into());
            }
            Ended::Failed(why) => {
                return Err(why
                    .into_error(&ask.input, encoder.name, place.output())
                    .into());
            }
        }
        // An encoder that says all went well may have written nothing that can be read.
        let made_index = index_frames(&path).map_err(|e| EncodeError::Encoder {
            input: ask.input.clone(),
            encoder: encoder.name.into(),
            reason: e.to_string(),
        })?;
        let bytes = made_index.facts.bytes;
        match cap.filter(|cap| bytes > *cap) {
            None => {
                return finish(
                    ask,
                    engine,
                    place,
                    &path,
                    &made_index,
                    &source,
                    quality,
                    &clock,
                    ffmpeg,
                    notes,
                );
            }
            Some(cap) => {
                notes.push(format!(
                    "at quality {quality} the file had {bytes} bytes, more than the {cap} that are allowed; it was encoded coarser"
                ));
                // Six steps halve the bytes, roughly; a little more is taken at once.
                let over = bytes as f64 / (cap as f64 * CAP_SHARE);
                quality =
                    (quality + (6.0 * over.log2()).ceil().max(2.0)).min(ask.chosen.axis.coarsest);
                made.get_or_insert(path);
            }
        }
    }
    Err(UpscaleError::Refused {
        input: ask.input.clone(),
        gates: notes.join("; "),
    })
}

#[expect(clippy::too_many_arguments, reason = "everything a finished run knows")]
fn finish(
    ask: &UpscaleAsk<'_>,
    engine: &Engine,
    place: &Workplace,
    path: &Path,
    output: &FrameIndex,
    source: &Source,
    quality: f64,
    clock: &Clock,
    ffmpeg: &Ffmpeg,
    notes: Vec<String>,
) -> Result<UpscaledRecord, UpscaleError> {
    let input = &source.index;
    let gates = gates(ask, source, output);
    if let Some(gate) = gates.decided_by {
        let reason = gates.reason.clone().unwrap_or_default();
        return Err(UpscaleError::Refused {
            input: ask.input.clone(),
            gates: format!(
                "what was made fails the gate {} ({reason}), so it was not kept",
                crate::rules::spelled(&gate)
            ),
        });
    }
    place.deliver(path)?;
    let mut warnings = notes;
    warnings.extend(input_warnings(&input.facts, ask, engine));
    let seconds = clock.elapsed();
    let network = match engine {
        Engine::Network(network) => Some(network),
        Engine::Filter(_) => None,
    };
    Ok(UpscaledRecord {
        schema: UPSCALED_SCHEMA.into(),
        input: crate::shown::path(&ask.input),
        output: crate::shown::path(place.output()),
        scale: ask.scale,
        engine: engine.name().to_owned(),
        device: engine.device().to_owned(),
        half: network.is_some_and(|n| n.half),
        weights: network.map(|n| n.sha256.clone()),
        libtorch: network.map(|n| n.worker.facts().libtorch.clone()),
        why: None,
        encoder: ask.chosen.encoder.name.into(),
        preset: ask
            .preset
            .clone()
            .unwrap_or_else(|| ask.chosen.encoder.usual_preset().name.into()),
        fallback: ask.chosen.fallback.clone(),
        quality,
        ffmpeg: ffmpeg.version().into(),
        size: (output.facts.width, output.facts.height),
        frames: output.frames,
        input_bytes: input.facts.bytes,
        output_bytes: output.facts.bytes,
        most_bytes: most_bytes(ask.revision, ask.scale, input.facts.bytes),
        seconds,
        frames_per_second: output.frames as f64 / seconds.max(1e-9),
        rules: ask.revision.name.clone(),
        gates,
        warnings,
    })
}

/// The gates that look at files alone. The original is not here: the input enlarged stands for it, since
/// it has the same frames, rate and tags.
fn gates(ask: &UpscaleAsk<'_>, source: &Source, output: &crate::media::FrameIndex) -> GateVerdict {
    let input = &source.index;
    let (width, height) = ask.size_of(&input.facts);
    let original = ClipFacts {
        width,
        height,
        ..input.facts.clone()
    };
    let side = |facts| ClipState::Video {
        facts,
        frames: input.frames,
    };
    let made = ClipState::Video {
        facts: &output.facts,
        frames: output.frames,
    };
    let request = TaskRequest {
        scale: Some(ask.scale),
        ..TaskRequest::default()
    };
    let about = TaskContext::alone(ask.origin, &request, 0);
    judge_files(
        Task::Upscale,
        [side(&original), made],
        Some(side(&input.facts)),
        None,
        ask.revision,
        &about,
    )
}

fn input_warnings(facts: &ClipFacts, ask: &UpscaleAsk<'_>, engine: &Engine) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(crate::shown::note([ask.input.as_path(), &ask.output]));
    if ask.flow.stride > 1 {
        told.push(format!(
            "only every {}th frame was enlarged and repeated for those between: that costs score wherever something moves",
            ask.flow.stride
        ));
    }
    if facts.timing == FrameRateKind::Variable {
        told.push(match engine {
            Engine::Filter(_) if ask.flow.stride == 1 => {
                "the input's frames come at uneven times, which were kept".into()
            }
            _ => "the input's frames come at uneven times; the output has as many, evenly spaced"
                .into(),
        });
    }
    if facts.pixel_format != "yuv420p" {
        told.push(format!(
            "the input is {}; validators take eight-bit 4:2:0 alone, so the output is yuv420p",
            facts.pixel_format
        ));
    }
    if !matches!(facts.sample_aspect_ratio, (0 | 1, 1)) {
        let (x, y) = facts.sample_aspect_ratio;
        told.push(format!(
            "the input's pixels are {x}:{y}; the output is marked as having square ones, as validators demand"
        ));
    }
    if facts.interlaced {
        told.push("the input is interlaced; its frames were enlarged as they are coded".into());
    }
    if facts.rotation != 0.0 {
        told.push("the input is tagged to be shown turned; it was enlarged as coded".into());
    }
    if let Some(fallback) = &ask.chosen.fallback {
        told.push(format!(
            "{} does not work here, so {} on the processor took its place ({})",
            fallback.asked, ask.chosen.encoder.name, fallback.why
        ));
    }
    told
}
