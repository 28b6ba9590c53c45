//! Errors as users see them: what, which file, what to do; and the exit code.

use std::io::{self, Write as _};
use std::path::Path;

use super::exit::Exit;
use super::memory;
use crate::config::ConfigError;
use crate::encode::EncodeError;
use crate::history::HistoryError;
use crate::measure::{MeasureError, StoredError};
use crate::media::MediaError;
use crate::metrics::vmaf::VmafError;
use crate::models::ModelError;
use crate::rules::RulesError;
use crate::scoring::ScoringError;
use crate::standing::PopulationError;
use crate::text::is_encoding;
use crate::upscale::UpscaleError;
use crate::worker::WorkerError;

/// An error with its hint and exit code.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(super) fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Exit::BadInput, message)
    }

    /// Memory or a thread that the system refused, with the limit in force and what to do.
    pub(super) fn out_of_memory(message: impl Into<String>) -> Self {
        Self::new(Exit::Memory, message).hint(memory::fix())
    }

    /// A file or folder that cannot be written; a full disk is named.
    pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        let why = crate::disk::why_unwritable(path, error);
        Self::new(
            Exit::Output,
            format!("{}: cannot be written ({why})", path.display()),
        )
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Writes `error:` and `hint:` lines and gives the exit code.
    pub(super) fn report(&self) -> Exit {
        let mut stderr = std::io::stderr().lock();
        // Nothing can be done if even stderr is gone.
        let _ignored = writeln!(stderr, "error: {}", one_line(&self.message));
        if let Some(hint) = &self.hint {
            let _ignored = writeln!(stderr, "hint: {}", one_line(hint));
        }
        self.exit
    }
}

/// A text that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let hint = if is_encoding(error) {
        SAVE_AS_UTF8
    } else {
        "check the file and its permissions"
    };
    Failure::bad_input(format!("{}: cannot be read ({error})", path.display())).hint(hint)
}

/// What to do about a text in an encoding that is not read.
const SAVE_AS_UTF8: &str = "save the file again as UTF-8";

/// A text with control characters spelled out: a file's name may hold line breaks, and sequences that a
/// terminal obeys.
fn one_line(text: &str) -> String {
    let spelled = |c: char| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    };
    text.chars().map(spelled).collect()
}

impl From<RulesError> for Failure {
    fn from(error: RulesError) -> Self {
        let hint = match &error {
            RulesError::Unknown {
                nearest: Some(nearest),
                ..
            } => {
                format!("did you mean `{nearest}`? `vidaio rules list` shows all names")
            }
            RulesError::Data(_) => return Self::new(Exit::Internal, error.to_string()),
            _ => "`vidaio rules list` shows all names and dates".to_owned(),
        };
        Self::usage(error.to_string()).hint(hint)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Exit::Internal, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
            .hint("`vidaio config show` lists every setting with its origin")
    }
}

impl From<ScoringError> for Failure {
    fn from(error: ScoringError) -> Self {
        let hint = match &error {
            ScoringError::ThresholdLeavesNoRoom { .. } => "give a threshold below 100",
            ScoringError::Rate(_) => "the rate is output bytes divided by source bytes, above 0",
            ScoringError::NoCompressionTask(_) => "choose a revision of 2025-08-14 or later",
            ScoringError::ModelNotMeasured { .. } => "leave --models out, or name another revision",
            ScoringError::NoPositiveFrame => "the output has no frame that resembles the reference",
            ScoringError::NoFrames => "give the score of one frame at least",
            ScoringError::Length(_) => "give a length of 0 seconds or more",
            ScoringError::Weights { .. } => "give weights whose sum is 1",
            _ => "give finite numbers in their usual range",
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        if let HistoryError::Unwritable { path, source } = &error {
            let why = crate::disk::why_unwritable(path, source);
            let message = format!("{}: the round cannot be stored ({why})", path.display());
            return Self::new(Exit::Output, message)
                .hint("make room, or choose a folder you may write to");
        }
        let hint = match &error {
            HistoryError::NoFolder { .. } => {
                "check the path; `vidaio score ... --history DIR` begins a history"
            }
            HistoryError::NotAFolder { .. } => "name the folder it lies in, or move it into one",
            HistoryError::NoFiles { .. } | HistoryError::NoRecords { .. } => {
                "docs/reference/history.md describes the files; `vidaio score ... --history DIR` \
                 writes them"
            }
            HistoryError::Unreadable { source, .. } if is_encoding(source) => {
                "save the file again as UTF-8, or go on without it: --skip-bad"
            }
            HistoryError::Unreadable { path, .. } if path.extension().is_none() => {
                "check the folder and its permissions"
            }
            HistoryError::Unreadable { .. } => "mend or remove it, or go on without it: --skip-bad",
            HistoryError::Bad { .. } => "mend the record, or go on without it: --skip-bad",
            _ => "make room, or choose a folder you may write to",
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}

impl From<PopulationError> for Failure {
    fn from(error: PopulationError) -> Self {
        let hint = match &error {
            PopulationError::Unreadable { source, .. } if is_encoding(source) => SAVE_AS_UTF8,
            PopulationError::Unreadable { .. } => "check the path",
            _ => {
                "columns are uid, task, accumulate_score, and if wanted alpha_stake, \
                 validator_permit, hotkey, coldkey, ip, emission_snapshots"
            }
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::OutOfMemory { .. } => return Self::out_of_memory(error.to_string()),
            _ if error.is_for_want_of_memory() => {
                return Self::out_of_memory(format!("memory ran out, and then: {error}"));
            }
            _ => {}
        }
        let hint = match &error {
            MediaError::Missing { .. } => "check the path; arguments are REFERENCE, then OUTPUT",
            MediaError::Directory { .. } => "name a video file inside it",
            MediaError::Empty { .. } => "the encoder that wrote it may have failed: make it again",
            MediaError::Permission { .. } => "make the file readable for this user",
            MediaError::Unreadable { .. } => "check the path and the disk it lies on",
            MediaError::NotAVideo { .. } => {
                "validators would reject it too: make the file again, or check that it is complete"
            }
            MediaError::NoVideoStream { .. } => "name a file that has a video stream",
            MediaError::StillPicture { .. } => "validators take videos of at least 10 frames",
            MediaError::LoosePictures { .. } => {
                "make a video of them first: ffmpeg -framerate 25 -i FILE clip.mkv"
            }
            MediaError::AnimatedWebp { .. } => {
                "take it apart with anim_dump (of libwebp), and make a video of its frames: \
                 ffmpeg -framerate 25 -i dump_%04d.png clip.mkv"
            }
            MediaError::NoDecoder { .. } => {
                "install an FFmpeg that has this decoder; see `vidaio doctor`"
            }
            MediaError::Broken { .. }
            | MediaError::Truncated { .. }
            | MediaError::Undecoded { .. }
            | MediaError::CutOff { .. } => {
                "the file is damaged or was not written to its end: make or fetch it again"
            }
            MediaError::NoSuchFrame { .. } => "frames are counted from 0, in display order",
            MediaError::PixelFormat { .. } => "convert the clip to yuv420p first",
            MediaError::SizeChange { .. } => "encode the clip in one size",
            MediaError::Ffmpeg { .. } | MediaError::OutOfMemory { .. } => "see `vidaio doctor`",
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}

/// An error of a command that takes one video, where no order of arguments can be mistaken.
fn of_one_input(error: MediaError) -> Failure {
    let missing = matches!(error, MediaError::Missing { .. });
    let failure = Failure::from(error);
    if missing {
        failure.hint("check the path")
    } else {
        failure
    }
}

/// An error of libvmaf.
fn from_vmaf(error: &VmafError) -> Failure {
    let message = error.to_string();
    match error {
        VmafError::FramesDiffer { .. } => {
            Failure::bad_input(message).hint("both clips need one size and depth")
        }
        VmafError::TooSmall { .. } => Failure::bad_input(message)
            .hint("use a clip with larger frames: libvmaf needs at least 18x18"),
        VmafError::OutOfMemory { .. } => Failure::out_of_memory(message),
        VmafError::Call { .. } => Failure::new(Exit::Internal, message),
    }
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        let (exit, hint) = match &error {
            WorkerError::Weights { .. } => (
                Exit::BadInput,
                "`vidaio models verify pieapp` checks the weights",
            ),
            WorkerError::Device(_) => (Exit::ToolMissing, "try `--device cpu`"),
            WorkerError::Torch(_) => (Exit::ToolMissing, "less memory is used on `--device cpu`"),
            _ => (
                Exit::ToolMissing,
                "`make build` makes the worker; `vidaio doctor` checks it",
            ),
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let (exit, hint) = match &error {
            ModelError::Unknown { known, .. } => (Exit::Usage, format!("known models: {known}")),
            ModelError::Missing { name, .. } => (
                Exit::ToolMissing,
                format!(
                    "`vidaio models pull {name}` fetches them (non-commercial licence), \
                     `vidaio models import {name} FILE` takes a copy you have"
                ),
            ),
            ModelError::Digest { name, .. } => (
                Exit::BadInput,
                format!("fetch them again with `vidaio models pull {name}`"),
            ),
            ModelError::Io(_) => (
                Exit::Output,
                "check the folder of weights and the disk".into(),
            ),
            ModelError::Network { name, .. } => (
                Exit::Network,
                format!(
                    "what was fetched is kept: run the command again, or fetch the file elsewhere \
                     and use `vidaio models import {name} FILE`"
                ),
            ),
        };
        Self::new(exit, error.to_string()).hint(hint)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        let message = error.to_string();
        let (exit, hint) = match error {
            EncodeError::Media(e) => return of_one_input(e),
            EncodeError::Measure(e) => return e.into(),
            EncodeError::Scoring(e) => return e.into(),
            EncodeError::NoFfmpeg { .. } => (
                Exit::ToolMissing,
                "install FFmpeg, or name the program with --ffmpeg or VIDAIO_FFMPEG",
            ),
            EncodeError::NotFfmpeg { .. } => {
                (Exit::ToolMissing, "name another program with --ffmpeg")
            }
            EncodeError::NoEncoder { .. } | EncodeError::EncoderRefused { .. } => (
                Exit::ToolMissing,
                "`vidaio doctor` tries every encoder; --encoder names another (vp9 and aom take odd sizes), --ffmpeg another build",
            ),
            EncodeError::NoPreset { .. } => (Exit::Usage, "leave --preset out for the usual one"),
            EncodeError::Encoder { .. } => (
                Exit::ToolMissing,
                "try another --encoder or --preset; nothing was written",
            ),
            EncodeError::Stalled { .. } => (
                Exit::ToolMissing,
                "try another --encoder or another FFmpeg (--ffmpeg); nothing was written",
            ),
            EncodeError::OutOfMemory { .. } => return Self::out_of_memory(message),
            EncodeError::Audio { .. } => (
                Exit::BadInput,
                "leave --keep-audio out to drop it, or convert it first: ffmpeg -i INPUT -c:v copy -c:a aac WITH_AAC.mp4",
            ),
            EncodeError::TooLate { .. } => (
                Exit::Deadline,
                "give it more time, a faster --preset or --encoder, or a smaller clip; nothing was written",
            ),
            EncodeError::NothingPasses { .. } => (
                Exit::GateFailed,
                "a lower --threshold, another --codec or a slower --preset may pass; nothing was written",
            ),
            EncodeError::Busy { .. } => (Exit::Usage, "wait for it, or choose another name"),
            EncodeError::Unwritable { .. } => (
                Exit::Output,
                "make room or choose another place; a result that was there before still is",
            ),
            EncodeError::Unfit { .. } => (Exit::BadInput, "name a video with at least one frame"),
            EncodeError::Key(_) => return Self::new(Exit::Internal, message),
        };
        Self::new(exit, message).hint(hint)
    }
}

impl From<UpscaleError> for Failure {
    fn from(error: UpscaleError) -> Self {
        let message = error.to_string();
        match error {
            UpscaleError::Media(e) => of_one_input(e),
            UpscaleError::Encode(e) => e.into(),
            UpscaleError::Worker(e) => e.into(),
            UpscaleError::Scale { .. } => {
                Self::usage(message).hint("choose another --model, or the --scale it is made for")
            }
            UpscaleError::Refused { .. } => Self::new(Exit::GateFailed, message)
                .hint("nothing was written; another --codec or a finer input may pass"),
            UpscaleError::Pipe => Self::new(Exit::Internal, message),
        }
    }
}

impl From<MeasureError> for Failure {
    fn from(error: MeasureError) -> Self {
        let message = error.to_string();
        match error {
            MeasureError::Media(e) => e.into(),
            MeasureError::Scoring(e) => e.into(),
            MeasureError::Worker(e) => e.into(),
            MeasureError::Vmaf(e) => from_vmaf(&e),
            MeasureError::SizesDiffer { swapped: true, .. } => Self::bad_input(message)
                .hint("is the order right? REFERENCE first, then OUTPUT; nothing is scaled in silence"),
            MeasureError::SizesDiffer { .. } => Self::bad_input(message)
                .hint("a validator gives 0 for this: make the output in the reference's size"),
            MeasureError::TooFewFrames { .. } => Self::bad_input(message)
                .hint("use a longer clip; a validator would not score this one"),
            MeasureError::FrameCountsDiffer { tolerance, .. } => Self::bad_input(message).hint(format!(
                "a validator gives 0 for this (difference allowed: {tolerance}); keep every frame, for instance with -fps_mode passthrough"
            )),
            MeasureError::TooSmallForPieapp { .. } => {
                Self::bad_input(message).hint("a validator could not score it either")
            }
            MeasureError::Stopped { .. } => Self::new(Exit::Deadline, message),
            MeasureError::FramesOutOfStep { .. } => Self::new(Exit::Internal, message),
        }
    }
}

impl From<StoredError> for Failure {
    fn from(error: StoredError) -> Self {
        let hint = match &error {
            StoredError::Unreadable(_) => "check the path",
            _ => "give a file that `vidaio score ... --save FILE` wrote",
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}
