//! Makes a video by running the command that a person would run: a crash of FFmpeg, or one that a hostile input
//! provokes, ends that process and not the miner.

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

/// Bytes of a command's output, and of its errors, that are read. Our choice.
const MAX_OUTPUT: u64 = 16 << 20;
/// Time for which a command may overrun its deadline before it is killed. Our choice.
const GRACE: Duration = Duration::from_millis(250);
/// Share of the time left that is reserved for what follows the work, with its least and most seconds. Our choice.
const RESERVED: (f64, f64, f64) = (0.04, 0.75, 5.0);
/// Characters of a reason that is sent to callers. Our choice.
const MAX_REASON_CHARS: usize = 300;
/// Prefixes of variables that a command which reads hostile files does not need to know.
const SECRETS: [&str; 4] = ["BUCKET_", "VIDAIO_BUCKET_", "VIDAIO_QUEUE", "BT_"];

/// Runs the commands that make videos.
#[derive(Debug, Clone)]
pub struct Maker {
    /// `vidaio-video`.
    pub program: PathBuf,
    /// Name of the revision.
    pub rules: String,
    /// Upscaling engine, as `vidaio upscale --model` takes it.
    pub model: String,
    pub frames: FrameSettings,
    pub ffmpeg: PathBuf,
    /// Environment variables that pass this process's settings on, so that files are not read again for every task.
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

/// Why no video was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    #[error("the time was over before anything was ready")]
    Deadline,
    /// The input is not a usable video.
    #[error("{0}")]
    Input(String),
    /// No output passes every gate.
    #[error("{0}")]
    Gates(String),
    /// Something on this machine is missing or broken.
    #[error("{0}")]
    Failed(String),
}

impl Maker {
    /// Makes `output` from `input`. It is written whole before `until`, or not at all.
    ///
    /// # Errors
    /// Why no video was made.
    pub async fn make(
        &self,
        work: &Work,
        input: &Path,
        output: &Path,
        until: Instant,
    ) -> Result<MadeVideo, MakeError> {
        let start = Instant::now();
        let left = until.saturating_duration_since(start).as_secs_f64();
        let (share, least, most) = RESERVED;
        let deadline = left - (left * share).clamp(least, most);
        if deadline <= 0.0 {
            return Err(MakeError::Deadline);
        }
        let dir = input.parent().unwrap_or(Path::new("/"));
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
            // Settings in the directory that the miner was started in may be half written by now.
            .current_dir(dir)
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map(ProcessGroup)
            .map_err(|e| MakeError::Failed(format!("{}: {e}", self.program.display())))?;
        let ended = tokio::time::timeout(Duration::from_secs_f64(deadline) + GRACE, child.end());
        let (code, stderr, stdout) = match ended.await {
            Ok(ended) => ended.map_err(|e| MakeError::Failed(e.to_string()))?,
            Err(_) => return Err(MakeError::Deadline),
        };
        let why = reason(&stderr, dir);
        match code {
            Some(0) => {}
            Some(1) => return Err(MakeError::Gates(why)),
            Some(3) => return Err(MakeError::Input(why)),
            Some(5) => return Err(MakeError::Deadline),
            _ => return Err(MakeError::Failed(why)),
        }
        let record: Value = serde_json::from_slice(&stdout)
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

/// A command with the processes that it has started, all of which are killed when this is dropped.
struct ProcessGroup(Child);

impl ProcessGroup {
    /// Waits for its end. Gives the exit code and what it wrote to standard error and output.
    async fn end(&mut self) -> std::io::Result<(Option<i32>, Vec<u8>, Vec<u8>)> {
        let (mut errors, mut output) = (Vec::new(), Vec::new());
        let stderr = self.0.stderr.take();
        let stdout = self.0.stdout.take();
        let read_errors = async {
            match stderr {
                Some(pipe) => pipe.take(MAX_OUTPUT).read_to_end(&mut errors).await,
                None => Ok(0),
            }
        };
        let read_output = async {
            match stdout {
                Some(pipe) => pipe.take(MAX_OUTPUT).read_to_end(&mut output).await,
                None => Ok(0),
            }
        };
        let (a, b) = tokio::join!(read_errors, read_output);
        a.and(b)?;
        Ok((self.0.wait().await?.code(), errors, output))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // The ID is still the child's, which has not been reaped.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The error that a command ended with, without its hint and without its directory, which mean nothing to callers.
fn reason(stderr: &[u8], dir: &Path) -> String {
    let stderr = String::from_utf8_lossy(stderr);
    let line = stderr.lines().rev().find_map(|l| l.strip_prefix("error: "));
    let line = line.or_else(|| stderr.lines().last());
    let line = line.unwrap_or("it ended without a word");
    let line = line.replace(&format!("{}/", dir.display()), "");
    let kept = line.chars().take(MAX_REASON_CHARS);
    kept.map(|c| if c.is_control() { '?' } else { c }).collect()
}
