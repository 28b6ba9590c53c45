//! `vidaio --version`, and with `--verbose` the versions of everything linked or spoken to.

use super::context::{Context, Verbosity};
use super::exit::Exit;
use super::failure::Failure;
use super::pieapp::locate_worker;
use super::reach::Reach;
use crate::media::library_versions;
use crate::metrics::vmaf::libvmaf_version;
use crate::worker::Worker;

pub(super) fn run(context: &Context, reach: &Reach) -> Result<Exit, Failure> {
    let mut text = format!("vidaio {}\n", env!("CARGO_PKG_VERSION"));
    if context.verbosity == Verbosity::Verbose {
        text += &format!("features {}\n", features());
        text += &reach.video(|video| (video.versions)(context))?;
    }
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}

/// The optional features of this build.
pub(super) fn features() -> &'static str {
    if cfg!(feature = "mine") {
        "subnet, mine"
    } else if cfg!(feature = "subnet") {
        "subnet; without mine"
    } else {
        "without subnet and mine"
    }
}

/// Versions of the libraries, a line each.
pub(super) fn libraries(context: &Context) -> Result<String, Failure> {
    let ffmpeg = library_versions();
    let linked = format!(
        "FFmpeg {}\nlibavcodec {}\nlibavformat {}\nlibswscale {}\nlibvmaf {}\n",
        ffmpeg.ffmpeg,
        ffmpeg.avcodec,
        ffmpeg.avformat,
        ffmpeg.swscale,
        libvmaf_version()
    );
    let worker = locate_worker(&context.settings()?).map(|path| Worker::start(&path));
    let worker = match worker {
        None => "vidaio-torch not found\n".to_owned(),
        Some(Err(e)) => format!("vidaio-torch not usable ({e})\n"),
        Some(Ok(worker)) => {
            let facts = worker.facts();
            format!(
                "vidaio-torch {}\nlibtorch {}\n",
                facts.version, facts.libtorch
            )
        }
    };
    Ok(linked + &worker)
}
