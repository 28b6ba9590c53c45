//! `vidaio doctor`: what this machine has and lacks.

use std::path::Path;

use serde::Serialize;

use super::context::Context;
use super::equipment::{
    ENCODERS, FFMPEG_LIBRARIES, FFMPEG_PROGRAM, LIBTORCH, LIBVMAF, MISSING, NVIDIA_DRIVER, OK,
};
use super::exit::Exit;
use super::failure::Failure;
use super::list::render_list;
use super::pieapp::locate_worker;
use super::version::features;
use crate::domain::Codec;
use crate::encode::{Ffmpeg, try_all};
use crate::media::library_versions;
use crate::metrics::vmaf::libvmaf_version;
use crate::models::{ModelState, ModelStore, PIEAPP};
use crate::report::rows;
use crate::worker::Worker;

#[derive(Serialize)]
struct Line {
    what: &'static str,
    state: &'static str,
    detail: String,
}

pub(super) fn run(context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let ffmpeg = library_versions();
    let mut lines = vec![Line {
        what: FFMPEG_LIBRARIES,
        state: OK,
        detail: format!(
            "{} (avcodec {}, avformat {}, swscale {})",
            ffmpeg.ffmpeg, ffmpeg.avcodec, ffmpeg.avformat, ffmpeg.swscale
        ),
    }];
    lines.push(Line {
        what: LIBVMAF,
        state: OK,
        detail: libvmaf_version(),
    });
    lines.push(Line {
        what: "features",
        state: OK,
        detail: features().into(),
    });
    lines.extend(encoders(context)?);
    lines.extend(worker(context)?);
    let store = ModelStore::new(context.models_dir(&settings)?);
    lines.push(match store.state(&PIEAPP) {
        ModelState::Present(bytes) if bytes == PIEAPP.bytes => Line {
            what: "PIE-APP weights",
            state: OK,
            detail: format!(
                "{} (`vidaio models verify pieapp` reads them whole)",
                store.path(&PIEAPP).display()
            ),
        },
        ModelState::Present(_) => Line {
            what: "PIE-APP weights",
            state: "wrong",
            detail: format!("{}: wrong length", store.path(&PIEAPP).display()),
        },
        _ => Line {
            what: "PIE-APP weights",
            state: MISSING,
            detail: "`vidaio models pull pieapp` fetches them".into(),
        },
    });
    lines.push(gpu());
    lines.push(disk(&std::env::temp_dir()));
    let text = render_list(context, &lines, |lines| {
        let cells = lines
            .iter()
            .map(|l| vec![l.what.into(), l.state.into(), l.detail.clone()])
            .collect::<Vec<_>>();
        rows(&["what", "state", "detail"], &cells)
    })?;
    context.open_output(&[])?.finish(&text)?;
    Ok(Exit::Ok)
}

/// The FFmpeg program, and which encoders work: each is tried on one frame.
fn encoders(context: &Context) -> Result<Vec<Line>, Failure> {
    let settings = context.settings()?;
    let ffmpeg = match Ffmpeg::open(&settings.ffmpeg) {
        Ok(ffmpeg) => ffmpeg,
        Err(e) => {
            return Ok(vec![Line {
                what: FFMPEG_PROGRAM,
                state: MISSING,
                detail: format!("{e}; `compress` and `upscale` need it"),
            }]);
        }
    };
    let tried = try_all(&ffmpeg);
    let names = |working: bool| {
        let names: Vec<&str> = tried
            .iter()
            .filter(|(_, result)| result.is_ok() == working)
            .map(|(encoder, _)| encoder.name)
            .collect();
        names.join(", ")
    };
    let (working, not) = (names(true), names(false));
    let av1 = tried
        .iter()
        .any(|(encoder, result)| encoder.codec == Codec::Av1 && result.is_ok());
    Ok(vec![
        Line {
            what: FFMPEG_PROGRAM,
            state: OK,
            detail: format!("{} {}", settings.ffmpeg.display(), ffmpeg.version()),
        },
        Line {
            what: ENCODERS,
            state: if av1 { OK } else { MISSING },
            detail: format!("work on a frame: {working}; do not: {not}"),
        },
    ])
}

fn worker(context: &Context) -> Result<Vec<Line>, Failure> {
    let settings = context.settings()?;
    let Some(path) = locate_worker(&settings) else {
        let detail = "vidaio-torch not found; `make build` builds it".into();
        return Ok(vec![Line {
            what: "libtorch worker",
            state: MISSING,
            detail,
        }]);
    };
    Ok(match Worker::start(&path) {
        Err(e) => vec![Line {
            what: "libtorch worker",
            state: "wrong",
            detail: e.to_string(),
        }],
        Ok(worker) => {
            let facts = worker.facts();
            let device = if facts.cuda {
                "CUDA device found"
            } else {
                "CPU only"
            };
            vec![
                Line {
                    what: "libtorch worker",
                    state: OK,
                    detail: format!("{} {}", path.display(), facts.version),
                },
                Line {
                    what: LIBTORCH,
                    state: OK,
                    detail: format!("{}, {device}", facts.libtorch),
                },
            ]
        }
    })
}

fn gpu() -> Line {
    match fs_err::read_to_string("/proc/driver/nvidia/version") {
        Ok(text) => Line {
            what: NVIDIA_DRIVER,
            state: OK,
            detail: text.lines().next().unwrap_or_default().to_owned(),
        },
        Err(_) => Line {
            what: NVIDIA_DRIVER,
            state: "none",
            detail: "everything runs on the CPU".into(),
        },
    }
}

fn disk(folder: &Path) -> Line {
    match rustix::fs::statvfs(folder) {
        Ok(stat) => {
            let free = stat.f_bavail * stat.f_frsize;
            let state = if free > 1 << 30 { OK } else { "low" };
            let detail = format!("{} MiB free in {}", free >> 20, folder.display());
            Line {
                what: "disk",
                state,
                detail,
            }
        }
        Err(e) => Line {
            what: "disk",
            state: "unknown",
            detail: e.to_string(),
        },
    }
}
