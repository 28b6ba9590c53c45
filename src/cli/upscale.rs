//! `vidaio upscale`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::codec;
use super::context::Context;
use super::engine::EngineSelection;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::making::{self, MakingArgs};
use super::progress::Bars;
use super::task_args::OriginArgument;
use crate::config::Settings;
use crate::domain::Codec;
use crate::encode::{
    Clock, EncodeError, Encoder, EncoderChoice, Ffmpeg, Gpu, SelectedEncoder, TrialSize,
    select_encoder,
};
use crate::media::{ClipFacts, probe};
use crate::report::upscaled_table;
use crate::rules::{Catalogue, Revision};
use crate::upscale::{FramePipeline, UpscaleRequest, UpscaleTask, upscale};

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
    #[arg(long, default_value = "hevc", value_parser = codec::codec(&[Codec::Hevc, Codec::Av1]))]
    codec: Codec,
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
    let selection = EngineSelection {
        context,
        settings: &command.settings,
        model: &args.model,
        require_gpu: args.require_gpu,
        full_precision: args.full_precision,
    };
    let (mut engine, why) = selection.engine(&ffmpeg, &request)?;
    let bars = Bars::new(context.may_draw());
    let mut made = upscale(&ffmpeg, &request, &mut engine, &bars)?;
    made.why = why;
    for warning in &made.warnings {
        context.warn(warning);
    }
    report.finish(&context.format()?.render(&made, upscaled_table)?)?;
    Ok(Exit::Ok)
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
        let codec = args.codec;
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
}
