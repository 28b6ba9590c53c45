//! Preparation of PIE-APP: the worker, the weights, the device.

use std::path::PathBuf;

use vidaio_worker_protocol::Device;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use crate::config::Settings;
use crate::measure::PieappBackend;
use crate::measure::WeightsUsed;
use crate::models::{ModelError, ModelStore, PIEAPP, sha256_of_file};
use crate::worker::{Worker, WorkerFacts, find_worker};

/// PIE-APP, or what is missing for it.
pub(super) enum Readiness {
    Ready(Box<PieappBackend>),
    Lacking(Failure),
}

/// Path of the worker's program, if it exists.
pub(super) fn locate_worker(settings: &Settings) -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let path = std::env::var_os("PATH");
    find_worker(settings.worker.as_deref(), own.as_deref(), path.as_deref())
}

/// Starts the worker and loads verified weights. A missing worker or missing weights are
/// [`Readiness::Lacking`], so that the rest can still be measured; anything else is an error.
pub(super) fn prepare(context: &Context, settings: &Settings) -> Result<Readiness, Failure> {
    let (weights, used) = match find_weights(context, settings) {
        Ok(found) => found,
        Err(e @ ModelError::Missing { .. }) => return Ok(Readiness::Lacking(e.into())),
        Err(ModelError::Io(e)) => {
            return Err(Failure::bad_input(e.to_string())
                .hint("name a readable file of weights, or leave it out"));
        }
        Err(e) => return Err(e.into()),
    };
    let Some(program) = locate_worker(settings) else {
        let location = settings.worker.as_ref().map_or_else(
            || "beside vidaio or on PATH".to_owned(),
            |path| format!("at {}", path.display()),
        );
        return Ok(Readiness::Lacking(
            Failure::new(
                Exit::ToolMissing,
                format!("PIE-APP needs the libtorch worker vidaio-torch, which is not {location}"),
            )
            .hint("`make build` builds it; VIDAIO_WORKER names another place"),
        ));
    };
    let mut worker = match Worker::start(&program) {
        Ok(worker) => worker,
        Err(e) => return Ok(Readiness::Lacking(e.into())),
    };
    let (device, name) = choose_device(context, settings, worker.facts())?;
    match worker.load_pieapp(&weights, device, settings.threads) {
        Ok(()) => Ok(Readiness::Ready(Box::new(PieappBackend {
            worker,
            device: name.to_owned(),
            weights: used,
        }))),
        Err(e @ crate::worker::WorkerError::Died { .. }) => Ok(Readiness::Lacking(e.into())),
        Err(e) => Err(e.into()),
    }
}

fn find_weights(
    context: &Context,
    settings: &Settings,
) -> Result<(PathBuf, WeightsUsed), ModelError> {
    if let Some(path) = &settings.pieapp_weights {
        let sha256 = sha256_of_file(path)?;
        let published = sha256 == PIEAPP.sha256;
        if !published {
            context.warn(&format!(
                "{}: not the published PIE-APP weights; no validator gives these values",
                path.display()
            ));
        }
        let absolute = fs_err::canonicalize(path)?;
        return Ok((absolute, WeightsUsed::new(sha256, published)));
    }
    let folder = context.models_dir(settings).unwrap_or_default();
    let path = ModelStore::new(folder).verify(&PIEAPP)?;
    Ok((path, WeightsUsed::new(PIEAPP.sha256.to_owned(), true)))
}

/// The device of the settings; `auto` is CUDA if the worker has it, else the CPU with a note.
pub(super) fn choose_device(
    context: &Context,
    settings: &Settings,
    facts: &WorkerFacts,
) -> Result<(Device, &'static str), Failure> {
    match settings.device.as_str() {
        "cuda" if !facts.cuda => Err(Failure::new(
            Exit::ToolMissing,
            "the worker finds no CUDA device",
        )
        .hint("use `--device cpu`, or a libtorch with CUDA")),
        "cuda" => Ok((Device::Cuda, "cuda")),
        "auto" if facts.cuda => Ok((Device::Cuda, "cuda")),
        "auto" => {
            context.say("networks run on the CPU: the worker finds no CUDA device");
            Ok((Device::Cpu, "cpu"))
        }
        _ => Ok((Device::Cpu, "cpu")),
    }
}
