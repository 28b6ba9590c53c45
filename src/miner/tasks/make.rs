//! Makes a video by running the same command that a person would: a crash of FFmpeg, or one provoked by a
//! hostile input, ends that process and not the miner.

use crate::domain::RateControl;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::record::VideoRecord;
use super::work::Work;
use crate::config::FrameSettings;

/// Bytes of a result, and of what a failed command says, that are read.
const LONGEST_TEXT: u64 = 16 << 20;
/// What a command may take beyond the deadline that it was given before it is stopped.
const GRACE: Duration = Duration::from_millis(250);
/// Share of the time that is kept for everything after the work, and its bounds in seconds.
const KEPT: (f64, f64, f64) = (0.04, 0.75, 5.0);
/// Characters of a reason that is told to strangers.
const LONGEST_REASON: usize = 300;
/// Begins of variables that a command which reads hostile files does not need.
const SECRETS: [&str; 4] = ["BUCKET_", "VIDAIO_BUCKET_", "VIDAIO_QUEUE", "BT_"];

/// Who makes videos.
#[derive(Debug, Clone)]
pub struct Maker {
    /// The program that reads video.
    pub program: PathBuf,
    /// Revision of the rules.
    pub rules: String,
    /// Who enlarges.
    pub model: String,
    /// Frames on their way to a network.
    pub frames: FrameSettings,
    /// The FFmpeg program.
    pub ffmpeg: PathBuf,
    /// Variables that hand this process's settings on, so that files are not read again for every task.
    pub settings: Vec<(String, String)>,
}

/// A video that was made.
#[derive(Debug, Clone)]
pub struct MadeVideo {
    /// The record that the command printed; none where that is not of the form that this program knows.
    pub record: Option<VideoRecord>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Why nothing was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// The time was over.
    #[error("the time was over before anything was ready")]
    Deadline,
    /// The input is no video that can be used.
    #[error("{0}")]
    Input(String),
    /// Nothing that was made passes every gate.
    #[error("{0}")]
    Gates(String),
    /// Something is missing or broken here.
    #[error("{0}")]
    Failed(String),
}

impl Maker {
    /// Makes `output` of `input`. It is in its place before `until`, or not at all.
    ///
    /// # Errors
    /// Why nothing was made.
    pub async fn make(
        &self,
        work: &Work,
        input: &Path,
        output: &Path,
        until: Instant,
    ) -> Result<MadeVideo, MakeError> {
        let start = Instant::now();
        let left = until.saturating_duration_since(start).as_secs_f64();
        let (share, least, most) = KEPT;
        let deadline = left - (left * share).clamp(least, most);
        if deadline <= 0.0 {
            return Err(MakeError::Deadline);
        }
        let place = input.parent().unwrap_or(Path::new("/"));
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if SECRETS
                .iter()
                .any(|s| name.to_string_lossy().starts_with(s))
            {
                command.env_remove(name);
            }
        }
        command
            .envs(self.settings.iter().map(|(n, v)| (n, v)))
            .args(self.arguments(work, deadline))
            .arg("--")
            .arg(input)
            .arg(output)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Settings of the folder that the miner was started in may be half written by now.
            .current_dir(place)
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map(Running)
            .map_err(|e| MakeError::Failed(format!("{}: {e}", self.program.display())))?;
        let ended = tokio::time::timeout(Duration::from_secs_f64(deadline) + GRACE, child.end());
        let (code, said, result) = match ended.await {
            Ok(ended) => ended.map_err(|e| MakeError::Failed(e.to_string()))?,
            Err(_) => return Err(MakeError::Deadline),
        };
        let why = reason(&said, place);
        match code {
            Some(0) => {}
            Some(1) => return Err(MakeError::Gates(why)),
            Some(3) => return Err(MakeError::Input(why)),
            Some(5) => return Err(MakeError::Deadline),
            _ => return Err(MakeError::Failed(why)),
        }
        let record: Value = serde_json::from_slice(&result)
            .map_err(|e| MakeError::Failed(format!("{}: {e}", self.program.display())))?;
        let record = VideoRecord::read(work, record);
        if let Err(e) = &record {
            tracing::warn!(
                "the record of {} is of another form: {e}",
                self.program.display()
            );
        }
        Ok(MadeVideo {
            record: record.ok(),
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    fn arguments(&self, work: &Work, deadline: f64) -> Vec<OsString> {
        let mut all: Vec<OsString> = Vec::new();
        let mut add = |words: &[&str]| all.extend(words.iter().map(OsString::from));
        match work {
            Work::Compress {
                threshold,
                codec,
                mode,
            } => {
                add(&["compress", "--codec", codec.name()]);
                if let Some(threshold) = threshold {
                    add(&["--threshold", &threshold.to_string()]);
                }
                match mode {
                    RateControl::Crf => {}
                    RateControl::Vbr(rate) => {
                        add(&["--mode", "vbr", "--bitrate", &rate.to_string()])
                    }
                    RateControl::Cbr(rate) => {
                        add(&["--mode", "cbr", "--bitrate", &rate.to_string()])
                    }
                }
            }
            Work::Upscale { scale, size } => {
                add(&["upscale", "--scale", &scale.factor().to_string()]);
                if let Some((width, height)) = size {
                    add(&["--size", &format!("{width}x{height}")]);
                }
                add(&["--model", &self.model]);
                let FrameSettings {
                    batch_size,
                    prefetch_frames,
                } = self.frames;
                add(&["--batch-size", &batch_size.to_string()]);
                add(&["--prefetch-frames", &prefetch_frames.to_string()]);
            }
        }
        add(&["--deadline", &format!("{deadline:.3}")]);
        add(&["--rules", &self.rules, "--format", "json", "--quiet"]);
        add(&["--ends-with-parent", &std::process::id().to_string()]);
        all.push("--ffmpeg".into());
        all.push(self.ffmpeg.clone().into());
        all
    }
}

/// A command and whatever it started, all of which end with this.
struct Running(Child);

impl Running {
    /// Its exit code, what it said, and its result.
    async fn end(&mut self) -> std::io::Result<(Option<i32>, Vec<u8>, Vec<u8>)> {
        let (mut said, mut result) = (Vec::new(), Vec::new());
        let stderr = self.0.stderr.take();
        let stdout = self.0.stdout.take();
        let read_said = async {
            match stderr {
                Some(pipe) => pipe.take(LONGEST_TEXT).read_to_end(&mut said).await,
                None => Ok(0),
            }
        };
        let read_result = async {
            match stdout {
                Some(pipe) => pipe.take(LONGEST_TEXT).read_to_end(&mut result).await,
                None => Ok(0),
            }
        };
        let (a, b) = tokio::join!(read_said, read_result);
        a.and(b)?;
        Ok((self.0.wait().await?.code(), said, result))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The id is still the child's: it is not reaped before it has ended.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The error that a command ended with, without its hint and without where it worked: whoever reads it
/// is far away.
fn reason(said: &[u8], place: &Path) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().rev().find_map(|l| l.strip_prefix("error: "));
    let line = line.or_else(|| said.lines().last());
    let line = line.unwrap_or("it ended without a word");
    let line = line.replace(&format!("{}/", place.display()), "");
    let kept = line.chars().take(LONGEST_REASON);
    kept.map(|c| if c.is_control() { '?' } else { c }).collect()
}
