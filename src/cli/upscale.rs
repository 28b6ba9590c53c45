//! `vidaio upscale`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vidaio_worker_protocol::Device;

use super::asked::OriginArgument;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::making::{self, MakingArgs};
use super::pieapp::{self, Readiness, choose_device, locate_worker};
use super::progress::Bars;
use crate::config::Settings;
use crate::domain::Codec;
use crate::encode::{
    Clock, EncodeError, Encoder, EncoderChoice, Ffmpeg, Gpu, SelectedEncoder, TrialSize,
    select_encoder,
};
use crate::media::ClipFacts;
use crate::media::probe;
use crate::models::{CATALOGUE, ModelState, ModelStore, sha256_of_file};
use crate::report::upscaled_table;
use crate::rules::{Catalogue, Revision};
use crate::upscale::{
    Engine, FramePipeline, Interpolation, LoadedNetwork, TrialReport, UpscaleRequest, UpscaleTask,
    best_of, upscale,
};
use crate::worker::{Worker, WorkerError};

#[derive(Debug, clap::Args)]
pub(super) struct UpscaleArgs {
    /// The video to enlarge; it is only read
    input: PathBuf,
    /// Where the result goes, an MP4; replaced only by a whole file
    #[arg(value_name = "OUT")]
    destination: PathBuf,
    /// The task: SD2HD, HD24K or 4K28K (twice the size), SD24K (four times)
    #[arg(long, value_parser = task, required_unless_present = "scale", conflicts_with = "scale")]
    task: Option<UpscaleTask>,
    /// Factor of both sides
    #[arg(long, value_name = "2|4", value_parser = scale)]
    scale: Option<u32>,
    /// Columns and rows of the result, where the original's are not the input's times the factor
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<(u32, u32)>,
    /// Who enlarges: lanczos, bicubic, spline, a name from `vidaio models list`, a file of weights, or
    /// auto, which tries what is here on a few frames
    #[arg(long, default_value = "lanczos")]
    model: String,
    /// Where a network runs: auto, cpu or cuda
    #[arg(long)]
    device: Option<String>,
    /// Compute in 32 bits on CUDA, too
    #[arg(long)]
    full_precision: bool,
    /// When the result must be in place: 40, 40s, 2m30s [default: no deadline]
    #[arg(long, value_name = "TIME", value_parser = input::duration)]
    deadline: Option<Duration>,
    /// Codec
    #[arg(long, value_enum, default_value = "hevc")]
    codec: CodecArgument,
    /// Encoder: auto, x265, svtav1, aom, hevc_nvenc or av1_nvenc
    #[arg(long, default_value = "auto")]
    encoder: String,
    /// Preset of the encoder, or auto
    #[arg(long, default_value = "auto")]
    preset: String,
    /// Refuse to encode, and to run a network, on the processor
    #[arg(long)]
    require_gpu: bool,
    /// Enlarge every N-th frame alone and repeat it for those between; costs score
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=60))]
    frame_stride: u32,
    /// Frames that a network is given at once [default: setting `batch_size`, 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    batch_size: Option<u32>,
    /// Frames that are decoded ahead [default: setting `prefetch_frames`, 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    prefetch_frames: Option<u32>,
    /// Longest side of a tile that a network sees, in pixels of the input; 0 takes frames whole
    #[arg(long, value_name = "PIXELS", default_value = "512", value_parser = clap::value_parser!(u32).range(0..=8192))]
    tile: u32,
    /// Pixels that a tile sees beyond its sides
    #[arg(long, value_name = "PIXELS", default_value = "24", value_parser = clap::value_parser!(u32).range(0..=512))]
    tile_overlap: u32,
    /// Where the task comes from
    #[arg(long, value_enum, default_value = "synthetic")]
    origin: OriginArgument,
    #[command(flatten)]
    making: MakingArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CodecArgument {
    Hevc,
    Av1,
}

fn task(text: &str) -> Result<UpscaleTask, String> {
    UpscaleTask::by_name(text).ok_or_else(|| "tasks are SD2HD, HD24K, SD24K and 4K28K".into())
}

fn scale(text: &str) -> Result<u32, String> {
    match text.trim() {
        "2" => Ok(2),
        "4" => Ok(4),
        _ => Err("validators ask for 2 or 4".into()),
    }
}

/// Smallest and largest side of a result in pixels; no known encoder accepts larger ones.
const SIDES: std::ops::RangeInclusive<u32> = 16..=16384;

/// A size that encoders accept: even sides within [`SIDES`].
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once(['x', 'X']);
    let side = |text: &str| {
        let side: Option<u32> = text.trim().parse().ok();
        side.filter(|n| SIDES.contains(n) && n % 2 == 0)
    };
    let sides = sides.and_then(|(w, h)| Some((side(w)?, side(h)?)));
    sides.ok_or_else(|| "columns and rows, even numbers from 16 to 16384, such as 3840x2160".into())
}

/// Fraction of a deadline after which no further network is loaded for a trial. Our choice.
const LOADING_FRACTION: f64 = 0.25;

/// An upscaling with its resolved settings.
struct Command<'a> {
    context: &'a Context,
    settings: Settings,
    args: &'a UpscaleArgs,
    scale: u32,
}

pub(super) fn run(context: &Context, args: &UpscaleArgs) -> Result<Exit, Failure> {
    let start = Instant::now();
    let settings = making::settings(context, &args.making, args.device.as_deref())?;
    if args.origin == OriginArgument::Competition {
        return Err(Failure::usage("competitions have compressions only")
            .hint("leave --origin out for an upscaling"));
    }
    let catalogue = Catalogue::embedded()?;
    let revision = catalogue.find(making::rules(context, &settings))?;
    let beside = [("-o", context.output.as_deref())];
    making::refuse_same(&args.input, &args.destination, &beside)?;
    let report = context.open_output(&[&args.input, &args.destination])?;
    making::check_destination(&args.destination)?;
    let clock = Clock::new(start, args.deadline);
    let ffmpeg = Ffmpeg::open_until(&settings.ffmpeg, clock.end())?;
    let scale = match (args.task, args.scale) {
        (Some(task), _) => task.scale(),
        (None, Some(scale)) => scale,
        (None, None) => return Err(Failure::usage("name a --task or a --scale")),
    };
    let command = Command {
        context,
        settings,
        args,
        scale,
    };
    let request = command.request(&ffmpeg, revision, &clock)?;
    let (mut engine, why) = command.engine(&ffmpeg, &request)?;
    let bars = Bars::new(context.may_draw());
    let mut made = upscale(&ffmpeg, &request, &mut engine, &bars)?;
    made.why = why;
    for warning in &made.warnings {
        context.warn(warning);
    }
    report.finish(&context.format()?.render(&made, upscaled_table)?)?;
    Ok(Exit::Ok)
}

/// Weights of a network.
struct Weights {
    path: PathBuf,
    name: String,
    licence: Option<String>,
}

fn encoder_choice(name: &str) -> Result<EncoderChoice, Failure> {
    if name == "auto" {
        return Ok(EncoderChoice::Auto);
    }
    Encoder::by_name(name)
        .map(EncoderChoice::Named)
        .ok_or_else(|| {
            Failure::usage(format!("there is no encoder `{name}`"))
                .hint("known are auto, x265, svtav1, aom, hevc_nvenc and av1_nvenc")
        })
}

impl<'a> Command<'a> {
    fn request(
        &self,
        ffmpeg: &Ffmpeg,
        revision: &'a Revision,
        clock: &Clock,
    ) -> Result<UpscaleRequest<'a>, Failure> {
        let args = self.args;
        let codec = match args.codec {
            CodecArgument::Hevc => Codec::Hevc,
            CodecArgument::Av1 => Codec::Av1,
        };
        let choice = encoder_choice(&args.encoder)?;
        making::check_codec(choice, codec)?;
        let facts = probe(&args.input)?;
        let frames = self.context.frames(args.batch_size, args.prefetch_frames)?;
        Ok(UpscaleRequest {
            input: args.input.clone(),
            output: args.destination.clone(),
            scale: self.scale,
            selected: self.select(ffmpeg, choice, codec, &facts, clock)?,
            size: self.checked_size(&facts)?,
            revision,
            origin: args.origin.into(),
            codec,
            preset: (args.preset != "auto").then(|| args.preset.clone()),
            pipeline: FramePipeline {
                batch: frames.batch_size,
                prefetch: frames.prefetch_frames,
                stride: args.frame_stride,
                tile: args.tile,
                overlap: args.tile_overlap,
            },
            threads: self.settings.threads,
            deadline: args.deadline,
            start: clock.start(),
        })
    }

    fn select(
        &self,
        ffmpeg: &Ffmpeg,
        choice: EncoderChoice,
        codec: Codec,
        facts: &ClipFacts,
        clock: &Clock,
    ) -> Result<SelectedEncoder, Failure> {
        let size = TrialSize {
            width: facts.width * self.scale,
            height: facts.height * self.scale,
        };
        let gpu = if self.args.require_gpu {
            Gpu::Required
        } else {
            Gpu::Preferred
        };
        // An encoder whose trial the deadline interrupted may well work.
        match select_encoder(ffmpeg, choice, codec, gpu, size, clock) {
            Err(_) if !clock.go_on() => Err(EncodeError::TooLate {
                input: self.args.input.clone(),
                seconds: clock.seconds().unwrap_or(0.0),
            }
            .into()),
            selected => Ok(selected?),
        }
    }

    /// The requested size, which must be close to what the factor gives.
    fn checked_size(&self, facts: &ClipFacts) -> Result<Option<(u32, u32)>, Failure> {
        let Some((width, height)) = self.args.size else {
            return Ok(None);
        };
        let usual = (facts.width * self.scale, facts.height * self.scale);
        // Rounding costs less than one pixel of the input, and rounding to an even number less than two.
        let most = 2 * self.scale;
        if width.abs_diff(usual.0) > most || height.abs_diff(usual.1) > most {
            return Err(Failure::usage(format!(
                "--size {width}x{height} is not about {} times {}x{}",
                self.scale, facts.width, facts.height
            ))
            .hint(format!("that would be {}x{}", usual.0, usual.1)));
        }
        Ok(Some((width, height)))
    }

    /// The requested engine, or the one that a trial finds best; the latter with the reason.
    fn engine(
        &self,
        ffmpeg: &Ffmpeg,
        request: &UpscaleRequest<'_>,
    ) -> Result<(Engine, Option<String>), Failure> {
        let name = self.args.model.as_str();
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
        let mut pieapp = match pieapp::prepare(self.context, &self.settings)? {
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
            let store = ModelStore::new(self.context.models_dir(&self.settings)?);
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
        let folder = self.context.models_dir(&self.settings)?;
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
        let Some(program) = locate_worker(&self.settings) else {
            return Err(Failure::new(
                Exit::ToolMissing,
                format!("{name} needs the libtorch worker vidaio-torch, which is not here"),
            )
            .hint("`make build` builds it, VIDAIO_WORKER names another place; `--model lanczos` needs none"));
        };
        let mut worker = Worker::start(&program)?;
        let (device, device_name) = choose_device(self.context, &self.settings, worker.facts())?;
        if device == Device::Cpu && self.args.require_gpu {
            return Err(Failure::new(
                Exit::ToolMissing,
                "the worker finds no CUDA device, and --require-gpu refuses the processor",
            )
            .hint("leave --require-gpu out, or use a libtorch with CUDA"));
        }
        let half = device == Device::Cuda && !self.args.full_precision;
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
