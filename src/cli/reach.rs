//! Two programs, one command line. `vidaio` starts in milliseconds and needs no library; `vidaio-video`
//! links FFmpeg and libvmaf, some 130 shared libraries that take longer to load than most commands
//! take to run. The first hands over to the second where a command reads video.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::{check, compress, lint, report, score, upscale};

/// Name of the program that reads video.
const PROGRAM: &str = "vidaio-video";

/// What the running program is linked with.
#[derive(Debug)]
pub enum Reach {
    /// Everything that needs no video library.
    Front,
    /// Everything.
    Video(VideoCommands),
}

/// The commands that read video or ask its libraries for their versions.
#[derive(Debug)]
pub struct VideoCommands {
    pub(super) score: fn(&Context, score::ScoreArgs) -> Result<Exit, Failure>,
    pub(super) lint: fn(&Context, lint::LintArgs) -> Result<Exit, Failure>,
    pub(super) check: fn(&Context, &check::CheckArgs) -> Result<Exit, Failure>,
    pub(super) compress: fn(&Context, &compress::CompressArgs) -> Result<Exit, Failure>,
    pub(super) upscale: fn(&Context, &upscale::UpscaleArgs) -> Result<Exit, Failure>,
    pub(super) report: fn(&Context, &report::ReportArgs) -> Result<Exit, Failure>,
    pub(super) doctor: fn(&Context) -> Result<Exit, Failure>,
    pub(super) versions: fn(&Context) -> Result<String, Failure>,
}

impl Reach {
    /// Runs a command that reads video, here or in the program that links the libraries.
    pub(super) fn video<T>(
        &self,
        run: impl FnOnce(&VideoCommands) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match self {
            Self::Video(commands) => run(commands),
            Self::Front => Err(hand_over()),
        }
    }
}

/// The program that reads video: beside this one, else on PATH.
pub(super) fn video_program() -> PathBuf {
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| Some(own.parent()?.join(PROGRAM)))
        .filter(|path| path.is_file());
    beside.unwrap_or_else(|| PathBuf::from(PROGRAM))
}

/// Becomes the program that reads video, with the same arguments. Returns only if it cannot be run.
fn hand_over() -> Failure {
    let mut arguments = std::env::args_os();
    // Usage texts name the program by this.
    let own_name = arguments.next().unwrap_or_else(|| "vidaio".into());
    let program = video_program();
    let error = Command::new(&program).arg0(own_name).args(arguments).exec();
    let why = if error.kind() == std::io::ErrorKind::NotFound {
        "is not there".to_owned()
    } else {
        format!("does not run ({error})")
    };
    Failure::new(
        Exit::ToolMissing,
        format!(
            "{}, the part of vidaio that reads video, {why}",
            program.display()
        ),
    )
    .hint("`make build` builds both programs and `make install` puts them into one folder")
}
