//! Which engine is best for a clip in the time that there is: tested on a few of its own frames.
//!
//! An excerpt of the clip is downscaled by the task's factor, upscaled by every candidate, and compared with
//! what it was: by PIE-APP if its weights are installed, else by VMAF. No original is needed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use super::engine::Engine;
use super::error::UpscaleError;
use super::request::UpscaleRequest;
use super::run::upscale;
use crate::assess::{FrameChoice, ScoreRequest};
use crate::domain::Task;
use crate::encode::{EncodeError, Ffmpeg, FfmpegRun, RunOutcome, file_argument, folder_of};
use crate::measure::{PieappBackend, SilentProgress};
use crate::media::{ClipFacts, FrameIndex, index_frames};

/// Frames of the excerpt. Our choice: a few more than the 10 that every revision demands.
const EXCERPT_FRAMES: u64 = 12;
/// Largest width and height of the excerpt in pixels. Our choice: large enough for VMAF, and seconds on a CPU.
const EXCERPT_SIZE: (u32, u32) = (640, 352);

/// What the trial showed of one engine.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TrialReport {
    /// The engine.
    pub engine: String,
    /// Seconds that the whole clip is expected to take.
    pub seconds: f64,
    /// Score of the excerpt: S_F if PIE-APP was measured, else VMAF / 100.
    pub value: f64,
    /// Whether the whole clip is expected to be ready in time.
    pub in_time: bool,
    /// Why the engine failed, if it did.
    pub failed: Option<String>,
}

/// Tries every candidate; returns the best one that is in time, and the reports of all.
///
/// # Errors
/// The excerpt cannot be cut or measured, or every candidate fails.
pub fn best_of(
    ffmpeg: &Ffmpeg,
    request: &UpscaleRequest<'_>,
    candidates: Vec<Engine>,
    mut pieapp: Option<&mut PieappBackend>,
    left: Option<f64>,
) -> Result<(Engine, Vec<TrialReport>), UpscaleError> {
    let started = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix(".vidaio-trial-")
        .tempdir_in(folder_of(&request.output))
        .map_err(|e| EncodeError::unwritable(folder_of(&request.output), &e))?;
    let trial = Trial::cut(ffmpeg, request, folder.path())?;
    let mut failed = Vec::new();
    let mut tried: Vec<(Engine, TrialReport)> = Vec::new();
    for (number, mut engine) in candidates.into_iter().enumerate() {
        let output = folder.path().join(format!("made-{number}.mp4"));
        match trial.upscale(&mut engine, &output) {
            Ok(seconds) => {
                let value = trial.score(&output, pieapp.as_deref_mut())?;
                let in_time =
                    left.is_none_or(|left| seconds + started.elapsed().as_secs_f64() < left);
                let report = TrialReport {
                    engine: engine.name().to_owned(),
                    seconds,
                    value,
                    in_time,
                    failed: None,
                };
                tried.push((engine, report));
            }
            Err(e) => failed.push(TrialReport {
                engine: engine.name().to_owned(),
                seconds: 0.0,
                value: 0.0,
                in_time: false,
                failed: Some(e.to_string()),
            }),
        }
    }
    let reports = tried.iter().map(|(_, report)| report.clone());
    let reports: Vec<TrialReport> = reports.chain(failed).collect();
    let (best, _) = best(tried).ok_or_else(|| UpscaleError::Refused {
        input: request.input.clone(),
        gates: "no engine works on a part of it".into(),
    })?;
    Ok((best, reports))
}

/// The highest value among the engines that are in time; if none is, the fastest engine.
fn best(tried: Vec<(Engine, TrialReport)>) -> Option<(Engine, TrialReport)> {
    let key = |r: &TrialReport| (r.in_time, if r.in_time { r.value } else { -r.seconds });
    tried.into_iter().max_by(|(_, a), (_, b)| {
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    })
}

/// An excerpt of a clip.
struct Trial<'a> {
    ffmpeg: &'a Ffmpeg,
    request: &'a UpscaleRequest<'a>,
    /// The excerpt itself, and downscaled by the task's factor.
    original: PathBuf,
    downscaled: PathBuf,
    /// Work of the whole clip relative to the excerpt.
    work: f64,
}

impl<'a> Trial<'a> {
    /// Cuts the excerpt out of the clip.
    fn cut(
        ffmpeg: &'a Ffmpeg,
        request: &'a UpscaleRequest<'a>,
        folder: &Path,
    ) -> Result<Self, UpscaleError> {
        let (original, downscaled) = (folder.join("large.mp4"), folder.join("small.mp4"));
        let index = index_frames(&request.input)?;
        cut_excerpt(ffmpeg, request, &index.facts, &original, &downscaled)?;
        let excerpt = index_frames(&downscaled)?;
        let pixels = |index: &FrameIndex| {
            let facts = &index.facts;
            f64::from(facts.width) * f64::from(facts.height) * index.frames as f64
        };
        let work = pixels(&index) / pixels(&excerpt).max(1.0);
        Ok(Self {
            ffmpeg,
            request,
            original,
            downscaled,
            work,
        })
    }

    /// Upscales the excerpt; returns the seconds that the whole clip is expected to take.
    fn upscale(&self, engine: &mut Engine, output: &Path) -> Result<f64, UpscaleError> {
        let begun = Instant::now();
        let request = UpscaleRequest {
            input: self.downscaled.clone(),
            output: output.to_path_buf(),
            // The excerpt has a size of its own, which the factor divides.
            size: None,
            selected: self.request.selected.clone(),
            preset: self.request.preset.clone(),
            deadline: None,
            start: begun,
            ..*self.request
        };
        upscale(self.ffmpeg, &request, engine, &SilentProgress)?;
        Ok(begun.elapsed().as_secs_f64() * self.work)
    }

    /// Scores an upscaled excerpt.
    fn score(
        &self,
        output: &Path,
        pieapp: Option<&mut PieappBackend>,
    ) -> Result<f64, UpscaleError> {
        let revision = self.request.revision;
        let scoring = ScoreRequest {
            frames: FrameChoice::All,
            threads: self.request.threads,
            ..ScoreRequest::new(Task::Upscale, &self.original, output)
        };
        let measured = scoring
            .measure(revision, &[], pieapp, &SilentProgress)
            .map_err(EncodeError::from)?;
        let score = scoring
            .judge(measured.measurement, revision, &[])
            .map_err(EncodeError::from)?;
        Ok(score.s_f_metrics().unwrap_or(score.vmaf() / 100.0))
    }
}

/// Cuts the middle out of the clip, as it is and downscaled.
fn cut_excerpt(
    ffmpeg: &Ffmpeg,
    request: &UpscaleRequest<'_>,
    facts: &ClipFacts,
    original: &Path,
    downscaled: &Path,
) -> Result<(), UpscaleError> {
    let step = 2 * request.scale;
    let side = |whole: u32, most: u32| (whole.min(most) / step * step).max(step);
    let width = side(facts.width, EXCERPT_SIZE.0);
    let height = side(facts.height, EXCERPT_SIZE.1);
    let middle = facts.duration_seconds.unwrap_or(0.0) / 2.0 - 0.5;
    let graph = format!(
        "[0:v:0]crop={width}:{height},format=yuv420p,setsar=1,split[a][b];[b]scale={}:{}:flags=bicubic[c]",
        width / request.scale,
        height / request.scale
    );
    let from = format!("{:.3}", middle.max(0.0));
    let mut arguments: Vec<OsString> = ["-ss", &from, "-noautorotate", "-i"]
        .map(OsString::from)
        .into();
    arguments.extend([file_argument(&request.input), "-an".into()]);
    arguments.extend(["-filter_complex", &graph].map(OsString::from));
    // Nearly lossless: the engines are to be compared, not the encoder.
    let encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "1"];
    let frames = EXCERPT_FRAMES.to_string();
    for (pad, file) in [("[a]", original), ("[c]", downscaled)] {
        arguments.extend(["-map", pad, "-frames:v", &frames].map(OsString::from));
        arguments.extend(encoder.map(OsString::from));
        arguments.extend(["-f", "mp4"].map(OsString::from));
        arguments.push(file_argument(file));
    }
    let run = FfmpegRun {
        ffmpeg,
        arguments: &arguments,
        pixels: u64::from(width) * u64::from(height),
        go_on: &|| true,
    };
    match run.run(None) {
        RunOutcome::Done => Ok(()),
        RunOutcome::Stopped => Err(EncodeError::TooLate {
            input: request.input.clone(),
            seconds: 0.0,
        }
        .into()),
        RunOutcome::Failed(why) => Err(why
            .into_error(&request.input, "x264", &request.output)
            .into()),
    }
}
