//! Which engine is best for a clip in the time there is: found out on a few of its own frames.
//!
//! A part of the clip is made smaller by the task's factor, enlarged again by every candidate, and
//! compared with what it was: by PIE-APP where its weights are there, else by VMAF. No original is needed.

use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::engine::Engine;
use super::error::UpscaleError;
use super::make::{UpscaleAsk, upscale};
use crate::assess::{FrameChoice, ScoreRequest};
use crate::domain::Task;
use crate::encode::{EncodeError, Ended, Ffmpeg, Run, file_argument, folder_of};
use crate::measure::{PieappBackend, SilentProgress};
use crate::media::index_frames;

/// Frames of a trial: the fewest that can be measured under every revision, and a few more.
const FRAMES: u64 = 12;
/// Longest sides of the part that is tried.
const PART: (u32, u32) = (640, 352);

/// An engine that takes part.
pub struct Candidate {
    /// Who enlarges.
    pub engine: Engine,
}

/// What the trial showed of one engine.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TrialReport {
    /// The engine.
    pub engine: String,
    /// Seconds that the whole clip is expected to take.
    pub seconds: f64,
    /// Score of the part: S_F where PIE-APP was measured, else VMAF as a share of 100.
    pub value: f64,
    /// Whether that is in time.
    pub in_time: bool,
    /// Why it took no part, where it failed.
    pub failed: Option<String>,
}

/// Tries every candidate and gives the best that is in time, with what was seen of all.
///
/// # Errors
/// The clip cannot be cut or measured. A candidate that fails takes no further part.
pub fn best_of(
    ffmpeg: &Ffmpeg,
    ask: &UpscaleAsk<'_>,
    candidates: Vec<Candidate>,
    mut pieapp: Option<&mut PieappBackend>,
    left: Option<f64>,
) -> Result<(Engine, Vec<TrialReport>), UpscaleError> {
    let started = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix(".vidaio-trial-")
        .tempdir_in(folder_of(&ask.output))
        .map_err(|e| EncodeError::unwritable(folder_of(&ask.output), &e))?;
    let (large, small) = (
        folder.path().join("large.mp4"),
        folder.path().join("small.mp4"),
    );
    let index = index_frames(&ask.input)?;
    cut(ffmpeg, ask, &index.facts, &large, &small)?;
    let part = index_frames(&small)?;
    let work = |facts: &crate::media::ClipFacts, frames: u64| {
        f64::from(facts.width) * f64::from(facts.height) * frames as f64
    };
    let times = work(&index.facts, index.frames) / work(&part.facts, part.frames).max(1.0);
    let mut failed = Vec::new();
    let mut seen: Vec<(Engine, TrialReport)> = Vec::new();
    for (number, mut candidate) in candidates.into_iter().enumerate() {
        let output = folder.path().join(format!("made-{number}.mp4"));
        let trial = UpscaleAsk {
            input: small.clone(),
            output: output.clone(),
            // The part has a size of its own, which the factor divides.
            size: None,
            chosen: ask.chosen.clone(),
            preset: ask.preset.clone(),
            deadline: None,
            start: Instant::now(),
            ..*ask
        };
        let begun = Instant::now();
        // The part is hardly compressed, so what it may grow to is no limit.
        if let Err(e) = upscale(ffmpeg, &trial, &mut candidate.engine, &SilentProgress) {
            failed.push(TrialReport {
                engine: candidate.engine.name().to_owned(),
                seconds: 0.0,
                value: 0.0,
                in_time: false,
                failed: Some(e.to_string()),
            });
            continue;
        }
        let seconds = begun.elapsed().as_secs_f64() * times;
        let request = ScoreRequest {
            frames: FrameChoice::All,
            threads: ask.threads,
            ..ScoreRequest::new(Task::Upscale, &large, &output)
        };
        let measured = request
            .measure(ask.revision, &[], pieapp.as_deref_mut(), &SilentProgress)
            .map_err(EncodeError::from)?;
        let score = request
            .judge(measured.measurement, ask.revision, &[])
            .map_err(EncodeError::from)?;
        let value = score.s_f_metrics().unwrap_or(score.vmaf() / 100.0);
        let report = TrialReport {
            engine: candidate.engine.name().to_owned(),
            seconds,
            value,
            in_time: left.is_none_or(|left| seconds + started.elapsed().as_secs_f64() < left),
            failed: None,
        };
        seen.push((candidate.engine, report));
    }
    let tried = seen.iter().map(|(_, report)| report.clone());
    let reports: Vec<TrialReport> = tried.chain(failed).collect();
    // Where nothing is in time, the fastest is what comes nearest.
    let key = |r: &TrialReport| (r.in_time, if r.in_time { r.value } else { -r.seconds });
    let best = seen
        .into_iter()
        .max_by(|(_, a), (_, b)| {
            let (a, b) = (key(a), key(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
        .ok_or_else(|| UpscaleError::Refused {
            input: ask.input.clone(),
            gates: "no engine works on a part of it".into(),
        })?;
    Ok((best.0, reports))
}

/// Cuts the middle out of the clip, as it is and made smaller.
fn cut(
    ffmpeg: &Ffmpeg,
    ask: &UpscaleAsk<'_>,
    facts: &crate::media::ClipFacts,
    large: &Path,
    small: &Path,
) -> Result<(), UpscaleError> {
    let step = 2 * ask.scale;
    let side = |whole: u32, most: u32| (whole.min(most) / step * step).max(step);
    let (width, height) = (side(facts.width, PART.0), side(facts.height, PART.1));
    let middle = facts.duration_seconds.unwrap_or(0.0) / 2.0 - 0.5;
    let graph = format!(
        "[0:v:0]crop={width}:{height},format=yuv420p,setsar=1,split[a][b];[b]scale={}:{}:flags=bicubic[c]",
        width / ask.scale,
        height / ask.scale
    );
    let from = format!("{:.3}", middle.max(0.0));
    let mut arguments: Vec<OsString> = ["-ss", &from, "-noautorotate", "-i"]
        .map(OsString::from)
        .into();
    arguments.extend([file_argument(&ask.input), "-an".into()]);
    arguments.extend(["-filter_complex", &graph].map(OsString::from));
    // Hardly compressed: what the engines make is to be compared, not what an encoder made of it.
    let encoder = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-qp",
        "1",
        "-f",
        "mp4",
    ];
    for (pad, file) in [("[a]", large), ("[c]", small)] {
        arguments.extend(["-map", pad, "-frames:v", &FRAMES.to_string()].map(OsString::from));
        arguments.extend(encoder.map(OsString::from));
        arguments.push(file_argument(file));
    }
    let run = Run {
        ffmpeg,
        arguments: &arguments,
        pixels: u64::from(width) * u64::from(height),
        go_on: &|| true,
    };
    match run.run(None) {
        Ended::Done => Ok(()),
        Ended::Stopped => Err(EncodeError::TooLate {
            input: ask.input.clone(),
            seconds: 0.0,
        }
        .into()),
        Ended::Failed(why) => Err(why.into_error(&ask.input, "x264", &ask.output).into()),
    }
}
