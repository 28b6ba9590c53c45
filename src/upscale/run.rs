//! An upscaling from start to end.

use std::path::{Path, PathBuf};

use super::engine::Engine;
use super::error::UpscaleError;
use super::record::{UPSCALED_SCHEMA, UpscaledRecord};
use super::request::{UpscaleRequest, most_bytes};
use super::warnings::input_warnings;
use super::write::Writer;
use crate::domain::{Codec, Task};
use crate::encode::{
    Clock, EncodeError, Ffmpeg, FrameTransport, Preset, ResumePolicy, RunOutcome, Setting,
    SourceClip, Workspace,
};
use crate::gates::{ClipState, TaskRequest};
use crate::measure::{Progress, Step};
use crate::media::{ClipFacts, FrameIndex, index_frames};
use crate::verdict::{GateVerdict, TaskContext, judge_files};

/// A nearly lossless quality: of x264 and x265, and of the AV1 and VP9 encoders. Our choice.
const NEARLY_LOSSLESS: (f64, f64) = (14.0, 20.0);
/// Fraction of the allowed size that the next file aims at if one is too big. Our choice.
const AIMED_FRACTION: f64 = 0.9;
/// Steps of quality that roughly halve the size: six steps double the quantizer scale of H.264 and HEVC.
const STEPS_PER_HALVING: f64 = 6.0;
/// Least such step. Our choice: the estimate is rough, so a little more is taken at once.
const LEAST_STEP: f64 = 2.0;
/// Most files that are encoded to get below the allowed size. Our choice.
const MOST_ENCODES: usize = 4;

/// Upscales a clip and delivers the result.
///
/// # Errors
/// Whatever prevents it; the output path is then unchanged.
pub fn upscale(
    ffmpeg: &Ffmpeg,
    request: &UpscaleRequest<'_>,
    engine: &mut Engine,
    progress: &dyn Progress,
) -> Result<UpscaledRecord, UpscaleError> {
    let workspace = Workspace::open(&request.output, ResumePolicy::Discard)?;
    let made = upscale_within(ffmpeg, request, engine, &workspace, progress);
    workspace.close();
    made
}

fn upscale_within(
    ffmpeg: &Ffmpeg,
    request: &UpscaleRequest<'_>,
    engine: &mut Engine,
    workspace: &Workspace,
    progress: &dyn Progress,
) -> Result<UpscaledRecord, UpscaleError> {
    let clock = Clock::new(request.start, request.deadline);
    check_scale(request, engine)?;
    let mut source = SourceClip::unread(&request.input, request.threads)?;
    if request.pipeline.stride > 1 {
        // Repeated frames have no times of their own.
        source.transport = FrameTransport::Pipe;
    }
    let preset = request
        .selected
        .encoder
        .preset_or_default(request.preset.as_deref())?;
    if let Engine::Network(network) = engine {
        network.worker.give_up_at(clock.end());
    }
    let run = UpscaleRun {
        ffmpeg,
        request,
        workspace,
        progress,
        clock,
        source,
        preset,
    };
    let result = run.encode(engine)?;
    run.finish(engine, result)
}

/// A network serves its own factor, and half of it.
fn check_scale(request: &UpscaleRequest<'_>, engine: &Engine) -> Result<(), UpscaleError> {
    match engine {
        Engine::Network(network)
            if ![request.scale, request.scale * 2].contains(&network.facts.scale) =>
        {
            Err(UpscaleError::Scale {
                name: network.name.clone(),
                own: network.facts.scale,
                requested: request.scale,
            })
        }
        _ => Ok(()),
    }
}

/// What the encodes of an upscaling share.
struct UpscaleRun<'a> {
    ffmpeg: &'a Ffmpeg,
    request: &'a UpscaleRequest<'a>,
    workspace: &'a Workspace,
    progress: &'a dyn Progress,
    clock: Clock,
    source: SourceClip,
    preset: &'static Preset,
}

/// An upscaled file that is small enough.
struct UpscaledFile {
    path: PathBuf,
    index: FrameIndex,
    quality: f64,
    /// Warnings about encodes that were too big.
    warnings: Vec<String>,
}

impl UpscaleRun<'_> {
    /// Encodes, coarser every time, until the file is as small as the rules demand. The engine runs once.
    fn encode(&self, engine: &mut Engine) -> Result<UpscaledFile, UpscaleError> {
        let request = self.request;
        let facts = &self.source.index.facts;
        let cap = most_bytes(request.revision, request.scale, facts.bytes);
        let mut quality = match request.codec {
            Codec::Hevc | Codec::H264 => NEARLY_LOSSLESS.0,
            Codec::Av1 | Codec::Vp9 => NEARLY_LOSSLESS.1,
        };
        let mut first: Option<PathBuf> = None;
        let mut warnings = Vec::new();
        for _ in 0..MOST_ENCODES {
            let path = self.workspace.fresh(".mp4");
            let outcome = self.encode_once(engine, first.as_deref(), quality, &path)?;
            self.check_outcome(outcome)?;
            // An encoder that reports success may have written a file that cannot be read.
            let index = index_frames(&path).map_err(|e| EncodeError::Encoder {
                input: request.input.clone(),
                encoder: request.selected.encoder.name.into(),
                reason: e.to_string(),
            })?;
            let bytes = index.facts.bytes;
            let Some(cap) = cap.filter(|cap| bytes > *cap) else {
                return Ok(UpscaledFile {
                    path,
                    index,
                    quality,
                    warnings,
                });
            };
            warnings.push(format!(
                "at quality {quality} the file had {bytes} bytes, more than the {cap} that are allowed; it was encoded coarser"
            ));
            let over = bytes as f64 / (cap as f64 * AIMED_FRACTION);
            let step = (STEPS_PER_HALVING * over.log2()).ceil().max(LEAST_STEP);
            quality = (quality + step).min(request.selected.axis.coarsest);
            first.get_or_insert(path);
        }
        Err(UpscaleError::Refused {
            input: request.input.clone(),
            gates: warnings.join("; "),
        })
    }

    /// The first encode runs the engine; later ones encode its result again.
    fn encode_once(
        &self,
        engine: &mut Engine,
        first: Option<&Path>,
        quality: f64,
        path: &Path,
    ) -> Result<RunOutcome, UpscaleError> {
        let request = self.request;
        let go_on = || self.clock.go_on() && self.progress.go_on();
        let advance = || self.progress.advance();
        let writer = Writer {
            ffmpeg: self.ffmpeg,
            source: &self.source,
            scale: request.scale,
            size: request.size_of(&self.source.index.facts),
            pipeline: request.pipeline,
            go_on: &go_on,
            advance: &advance,
        };
        let setting = Setting {
            encoder: request.selected.encoder,
            preset: self.preset,
            quality,
            variant: "",
            zones: &[],
            threads: request.threads,
        };
        if let Some(first) = first {
            return Ok(writer.encode_again(first, &setting, path));
        }
        self.progress.begin(Step::Upscale, self.source.index.frames);
        let outcome = writer.write(engine, &setting, path);
        self.progress.end();
        // After the deadline, any failure is a consequence of it.
        match outcome {
            Err(_) if !self.clock.go_on() => Ok(RunOutcome::Stopped),
            outcome => outcome,
        }
    }

    fn check_outcome(&self, outcome: RunOutcome) -> Result<(), UpscaleError> {
        let request = self.request;
        match outcome {
            RunOutcome::Done => Ok(()),
            RunOutcome::Stopped => Err(EncodeError::TooLate {
                input: request.input.clone(),
                seconds: self.clock.seconds().unwrap_or(0.0),
            }
            .into()),
            RunOutcome::Failed(why) => {
                let (encoder, output) = (request.selected.encoder.name, self.workspace.output());
                Err(why.into_error(&request.input, encoder, output).into())
            }
        }
    }

    /// Judges and delivers a file.
    fn finish(&self, engine: &Engine, file: UpscaledFile) -> Result<UpscaledRecord, UpscaleError> {
        let request = self.request;
        let gates = self.gates(&file.index);
        if let Some(gate) = gates.decided_by {
            let reason = gates.reason.clone().unwrap_or_default();
            return Err(UpscaleError::Refused {
                input: request.input.clone(),
                gates: format!(
                    "what was made fails the gate {} ({reason}), so it was not kept",
                    crate::rules::spelled(&gate)
                ),
            });
        }
        self.workspace.deliver(&file.path)?;
        let input = &self.source.index.facts;
        let mut warnings = file.warnings;
        warnings.extend(input_warnings(input, request, engine));
        let seconds = self.clock.elapsed();
        let network = match engine {
            Engine::Network(network) => Some(network),
            Engine::Filter(_) => None,
        };
        let output = &file.index;
        Ok(UpscaledRecord {
            schema: UPSCALED_SCHEMA.into(),
            input: crate::shown::path(&request.input),
            output: crate::shown::path(self.workspace.output()),
            scale: request.scale,
            engine: engine.name().to_owned(),
            device: engine.device().to_owned(),
            half: network.is_some_and(|n| n.half),
            weights: network.map(|n| n.sha256.clone()),
            libtorch: network.map(|n| n.worker.facts().libtorch.clone()),
            why: None,
            encoder: request.selected.encoder.name.into(),
            preset: self.preset.name.into(),
            fallback: request.selected.fallback.clone(),
            quality: file.quality,
            ffmpeg: self.ffmpeg.version().into(),
            size: (output.facts.width, output.facts.height),
            frames: output.frames,
            input_bytes: input.bytes,
            output_bytes: output.facts.bytes,
            most_bytes: most_bytes(request.revision, request.scale, input.bytes),
            seconds,
            frames_per_second: output.frames as f64 / seconds.max(1e-9),
            rules: request.revision.name.clone(),
            gates,
            warnings,
        })
    }

    /// The gates that the file alone decides. The original is not here: the input at the result's size
    /// stands in for it, which has the same frames, rate and tags.
    fn gates(&self, output: &FrameIndex) -> GateVerdict {
        let (request, input) = (self.request, &self.source.index);
        let (width, height) = request.size_of(&input.facts);
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
        let asked = TaskRequest {
            scale: Some(request.scale),
            ..TaskRequest::default()
        };
        let about = TaskContext::alone(request.origin, &asked, 0);
        judge_files(
            Task::Upscale,
            [side(&original), made],
            Some(side(&input.facts)),
            None,
            request.revision,
            &about,
        )
    }
}
