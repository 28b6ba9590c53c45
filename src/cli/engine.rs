//! The engine of an upscaling: a filter, a named network, or the best one by a trial.

use std::path::{Path, PathBuf};

use vidaio_worker_protocol::Device;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pieapp::{self, Readiness, choose_device, locate_worker};
use crate::config::Settings;
use crate::encode::Ffmpeg;
use crate::models::{CATALOGUE, ModelState, ModelStore, sha256_of_file};
use crate::upscale::{Engine, Interpolation, LoadedNetwork, TrialReport, UpscaleRequest, best_of};
use crate::worker::{Worker, WorkerError};

/// Fraction of a deadline after which no further network is loaded for a trial. Our choice.
const LOADING_FRACTION: f64 = 0.25;

/// Weights of a network.
struct Weights {
    path: PathBuf,
    name: String,
    licence: Option<String>,
}

/// Selects and loads the engine that the user asks for.
pub(super) struct EngineSelection<'a> {
    pub(super) context: &'a Context,
    pub(super) settings: &'a Settings,
    /// The filter, the network or the file of weights; or `auto`.
    pub(super) model: &'a str,
    pub(super) require_gpu: bool,
    /// Whether networks compute in 32 bits on CUDA.
    pub(super) full_precision: bool,
}

impl EngineSelection<'_> {
    /// The requested engine, or the one that a trial finds best; the latter with the reason.
    pub(super) fn engine(
        &self,
        ffmpeg: &Ffmpeg,
        request: &UpscaleRequest<'_>,
    ) -> Result<(Engine, Option<String>), Failure> {
        let name = self.model;
        if let Some(filter) = Interpolation::by_name(name) {
            return Ok((Engine::Filter(filter), None));
        }
        if name != "auto" {
            let weights = self.weights(name)?;
            let network = self.load(weights)?;
            self.announce(&network, request)?;
            return Ok((Engine::Network(Box::new(network)), None));
        }
        let candidates = self.candidates(request)?;
        if let [only] = candidates.as_slice() {
            let why = "no network is here to be tried; `vidaio models pull` fetches one".to_owned();
            self.context
                .warn(&format!("{} is taken: {why}", only.name()));
            return Ok((Engine::Filter(Interpolation::Lanczos), Some(why)));
        }
        let (engine, why) = self.best(ffmpeg, request, candidates)?;
        Ok((engine, Some(why)))
    }

    /// Lanczos, and every installed network that can be loaded in time.
    fn candidates(&self, request: &UpscaleRequest<'_>) -> Result<Vec<Engine>, Failure> {
        let mut candidates = vec![Engine::Filter(Interpolation::Lanczos)];
        for weights in self.installed()? {
            if request
                .deadline
                .is_some_and(|d| request.start.elapsed() > d.mul_f64(LOADING_FRACTION))
            {
                self.context.warn(&format!(
                    "{} and what comes after it are not tried: the deadline leaves no time for it",
                    weights.path.display()
                ));
                break;
            }
            match self.load(weights) {
                Ok(network) => candidates.push(Engine::Network(Box::new(network))),
                Err(failure) => self.context.warn(failure.message()),
            }
        }
        Ok(candidates)
    }

    /// The best candidate by a trial, with the reason.
    fn best(
        &self,
        ffmpeg: &Ffmpeg,
        request: &UpscaleRequest<'_>,
        candidates: Vec<Engine>,
    ) -> Result<(Engine, String), Failure> {
        let mut pieapp = match pieapp::prepare(self.context, self.settings)? {
            Readiness::Ready(backend) => Some(backend),
            Readiness::Lacking(_) => None,
        };
        let by = if pieapp.is_some() {
            "S_F"
        } else {
            "VMAF, since PIE-APP is not here"
        };
        let left = request
            .deadline
            .map(|d| d.as_secs_f64() - request.start.elapsed().as_secs_f64());
        let (engine, reports) = best_of(ffmpeg, request, candidates, pieapp.as_deref_mut(), left)?;
        let lines: Vec<String> = reports.iter().map(report_line).collect();
        let why = format!("tried on a part of the clip, by {by}: {}", lines.join("; "));
        self.context
            .warn(&format!("{} is taken: {why}", engine.name()));
        Ok((engine, why))
    }

    /// Weights by their name in the catalogue, or a file.
    fn weights(&self, name: &str) -> Result<Weights, Failure> {
        let known = CATALOGUE
            .iter()
            .find(|m| m.name == name && m.upscales.is_some());
        if let Some(model) = known {
            let store = ModelStore::new(self.context.models_dir(self.settings)?);
            let path = store.verify(model)?;
            return Ok(Weights {
                path,
                name: name.to_owned(),
                licence: Some(model.licence.to_owned()),
            });
        }
        let path = Path::new(name);
        if !path.is_file() {
            let names: Vec<&str> = CATALOGUE
                .iter()
                .filter(|m| m.upscales.is_some())
                .map(|m| m.name)
                .collect();
            return Err(Failure::bad_input(format!(
                "{name}: neither a model nor a file of weights"
            ))
            .hint(format!(
                "known are auto, lanczos, bicubic, spline, {}, and files (.safetensors, .pth, TorchScript)",
                names.join(", ")
            )));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = stem.into_owned();
        let path = fs_err::canonicalize(path)
            .map_err(|e| Failure::bad_input(e.to_string()).hint("make the file readable"))?;
        Ok(Weights {
            path,
            name,
            licence: None,
        })
    }

    /// The installed networks: published ones, and the user's own in the folder `upscale` of the models.
    fn installed(&self) -> Result<Vec<Weights>, Failure> {
        let folder = self.context.models_dir(self.settings)?;
        let store = ModelStore::new(folder.clone());
        let mut found = Vec::new();
        for model in CATALOGUE.iter().filter(|m| m.upscales.is_some()) {
            if matches!(store.state(model), ModelState::Present(bytes) if bytes == model.bytes) {
                found.push(self.weights(model.name)?);
            }
        }
        let own = fs_err::read_dir(folder.join("upscale"));
        let mut own: Vec<PathBuf> = own
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
            .collect();
        own.sort();
        for path in own {
            if let Some(text) = path.to_str() {
                found.push(self.weights(text)?);
            }
        }
        Ok(found)
    }

    /// Loads a network into a worker of its own.
    fn load(&self, weights: Weights) -> Result<LoadedNetwork, Failure> {
        let Weights {
            path,
            name,
            licence,
        } = weights;
        let Some(program) = locate_worker(self.settings) else {
            return Err(Failure::new(
                Exit::ToolMissing,
                format!("{name} needs the libtorch worker vidaio-torch, which is not here"),
            )
            .hint("`make build` builds it, VIDAIO_WORKER names another place; `--model lanczos` needs none"));
        };
        let mut worker = Worker::start(&program)?;
        let (device, device_name) = choose_device(self.context, self.settings, worker.facts())?;
        if device == Device::Cpu && self.require_gpu {
            return Err(Failure::new(
                Exit::ToolMissing,
                "the worker finds no CUDA device, and --require-gpu refuses the processor",
            )
            .hint("leave --require-gpu out, or use a libtorch with CUDA"));
        }
        let half = device == Device::Cuda && !self.full_precision;
        let facts = worker
            .load_upscaler(&path, device, self.settings.threads, half)
            .map_err(|e| match e {
                WorkerError::Weights { .. } => Failure::bad_input(e.to_string()).hint(
                    "docs/reference/upscale.md says which files are taken: compact networks and TorchScript",
                ),
                other => other.into(),
            })?;
        let sha256 = sha256_of_file(&path)
            .map_err(|e| Failure::bad_input(e.to_string()).hint("make the file readable"))?;
        Ok(LoadedNetwork {
            name,
            weights: path,
            sha256,
            licence,
            worker,
            facts,
            device: device_name.to_owned(),
            half,
        })
    }

    /// Warns how long a network will take on the CPU, estimated from its size alone.
    fn announce(
        &self,
        network: &LoadedNetwork,
        request: &UpscaleRequest<'_>,
    ) -> Result<(), Failure> {
        if let Some(licence) = &network.licence {
            self.context.say(&format!("{}: {licence}", network.name));
        }
        if network.device != "cpu" {
            return Ok(());
        }
        let index = crate::media::index_frames(&request.input)?;
        let pixels = f64::from(index.facts.width) * f64::from(index.facts.height);
        // Each parameter of a convolution is used once per pixel, in two operations.
        let work = 2.0 * network.facts.parameters as f64 * pixels * index.frames as f64;
        let time = if network.facts.parameters == 0 {
            "a long time".to_owned()
        } else {
            let seconds = work / (OPERATIONS * f64::from(self.settings.threads));
            format!(
                "about {:.0} minutes for {} frames",
                (seconds / 60.0).max(1.0),
                index.frames
            )
        };
        self.context.warn(&format!(
            "{} runs on the processor, which will take {time}; --model lanczos takes seconds",
            network.name
        ));
        Ok(())
    }
}

/// Operations per second of one thread, measured on convolutions of such networks.
const OPERATIONS: f64 = 6e10;

/// A trial in one line.
fn report_line(report: &TrialReport) -> String {
    if let Some(why) = &report.failed {
        return format!("{} failed ({why})", report.engine);
    }
    format!(
        "{} {:.4}, {:.0} s for the whole clip{}",
        report.engine,
        report.value,
        report.seconds,
        if report.in_time { "" } else { ", too slow" }
    )
}
