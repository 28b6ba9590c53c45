//! `vidaio compress`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::codec;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::lessons;
use super::making::{self, MakingArgs};
use super::progress::Bars;
use super::revision::{ChosenRevision, choose};
use super::task_args::{OriginArgument, threshold};
use crate::assess::{FrameChoice, ScoreRequest};
use crate::config::Settings;
use crate::domain::{Codec, MiB, RateMode, Task};
use crate::encode::{
    AudioPolicy, Clock, CompressRequest, Encoder, EncoderChoice, Ffmpeg, Gpu, Grid, Lesson,
    MadeRecord, Objective, ProbeRecord, ResumePolicy, Strategy, compress, plan_compression,
};
use crate::gates::TaskRequest;
use crate::measure::Models;
use crate::report::{made_table, plan_table};
use crate::rules::{Catalogue, Revision, spelled};
use crate::scoring::compression_rules;

#[derive(Debug, clap::Args)]
pub(super) struct CompressArgs {
    /// The video to compress; it is only read
    input: PathBuf,
    /// Where the result goes, an MP4; replaced only by a whole file that passes every gate
    #[arg(value_name = "OUT")]
    destination: PathBuf,
    /// VMAF threshold of the task [default: the only one of the rules; `next` has 90]
    #[arg(long, value_parser = input::threshold, allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Codec
    #[arg(long, default_value = "av1", value_parser = codec::codec(&Codec::ALL))]
    codec: Codec,
    /// How the bitrate is asked for; vbr and cbr need --bitrate, which then is a ceiling
    #[arg(long, default_value = "crf", value_parser = codec::mode())]
    mode: RateMode,
    /// Bitrate asked for, in megabits a second
    #[arg(long, value_name = "MBPS", value_parser = input::megabits, allow_negative_numbers = true)]
    bitrate: Option<f64>,
    /// Encoder: auto, svtav1, aom, x265, x264, vp9, av1_nvenc, hevc_nvenc or h264_nvenc
    #[arg(long, default_value = "auto", value_parser = encoder)]
    encoder: EncoderChoice,
    /// Refuse to encode on the processor
    #[arg(long)]
    require_gpu: bool,
    /// What is sought: the highest score, VMAF just over the threshold, or the smallest file
    #[arg(long, value_enum, default_value = "score")]
    objective: ObjectiveArgument,
    /// How the quality is found
    #[arg(long, value_enum, default_value = "search")]
    strategy: StrategyArgument,
    /// Stretch of a grid in the encoder's own numbers: from, to, step
    #[arg(long, default_value = "20,60,1", value_name = "FROM,TO,STEP", value_parser = grid)]
    grid: Grid,
    /// When the result must be in place: 40, 40s, 2m30s [default: no deadline]
    #[arg(long, value_name = "TIME", value_parser = input::duration)]
    deadline: Option<Duration>,
    /// Preset of the encoder, or auto: the usual one, or what the deadline leaves time for
    #[arg(long, default_value = "auto")]
    preset: String,
    /// VMAF above the threshold that a file must have to be delivered
    #[arg(long, default_value = "0.02", value_parser = input::amount, allow_negative_numbers = true)]
    margin: f64,
    /// Most files that are made and measured
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u32).range(1..=200))]
    max_probes: u32,
    /// Give every shot the same quality
    #[arg(long)]
    no_shots: bool,
    /// Copy the sound bit by bit instead of leaving it out
    #[arg(long)]
    keep_audio: bool,
    /// Go on from a run of the same kind that was interrupted
    #[arg(long)]
    resume: bool,
    /// Write every probe to FILE as a line of JSON, as soon as it is measured
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Say what would be done, and make nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the task comes from
    #[arg(long, value_enum, default_value = "synthetic")]
    origin: OriginArgument,
    #[command(flatten)]
    making: MakingArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ObjectiveArgument {
    Score,
    Threshold,
    Size,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StrategyArgument {
    /// Few files, each where the last ones say it is worth most
    Search,
    /// One file at the quality of the network's published table
    Table,
    /// Every step of --grid: slow, to compare with
    Grid,
}

fn encoder(text: &str) -> Result<EncoderChoice, String> {
    if text == "auto" {
        return Ok(EncoderChoice::Auto);
    }
    Encoder::by_name(text)
        .map(EncoderChoice::Named)
        .ok_or_else(|| {
            "known are auto, svtav1, aom, x265, x264, vp9, av1_nvenc, hevc_nvenc, h264_nvenc".into()
        })
}

fn grid(text: &str) -> Result<Grid, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(input::number)
        .collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [from, to, step] if from <= to && *step > 0.0 => Ok(Grid {
            from: *from,
            to: *to,
            step: *step,
        }),
        _ => Err("three numbers: from, to and a step above 0, such as 20,60,1".into()),
    }
}

impl CompressArgs {
    fn codec(&self) -> Result<Codec, Failure> {
        making::check_codec(self.encoder, self.codec)?;
        Ok(self.codec)
    }

    fn asked(&self, threshold: f64, codec: Codec) -> Result<TaskRequest, Failure> {
        match (self.mode, self.bitrate) {
            (RateMode::Crf, Some(_)) => {
                return Err(Failure::usage("--bitrate means nothing in CRF mode")
                    .hint("add --mode vbr, or leave it out"));
            }
            (RateMode::Vbr | RateMode::Cbr, None) => {
                return Err(Failure::usage("this --mode needs --bitrate")
                    .hint("validators ask for 5, 8 or 10 megabits a second"));
            }
            _ => {}
        }
        Ok(TaskRequest {
            threshold: Some(threshold),
            codec: Some(codec.name().to_owned()),
            mode: Some(self.mode),
            bitrate: self.bitrate,
            scale: None,
        })
    }
}

pub(super) fn run(context: &Context, args: &CompressArgs) -> Result<Exit, Failure> {
    let start = Instant::now();
    let settings = making::settings(context, &args.making, None)?;
    let catalogue = Catalogue::embedded()?;
    let task = args.task(context, &settings, &catalogue)?;
    let beside = [
        ("-o", context.output.as_deref()),
        ("--log", args.log.as_deref()),
    ];
    making::refuse_same(&args.input, &args.destination, &beside)?;
    let report = context.open_output(&[&args.input, &args.destination])?;
    making::check_destination(&args.destination)?;
    let end = Clock::new(start, args.deadline).end();
    let ffmpeg = Ffmpeg::open_until(&settings.ffmpeg, end)?;
    let request = args.request(context, &settings, task, start);
    let bars = Bars::new(context.may_draw());
    let text = if args.dry_run {
        let plan = plan_compression(&ffmpeg, &request, &bars)?;
        context.format()?.render(&plan, plan_table)?
    } else {
        let made = encode(context, args, &ffmpeg, &request, &bars)?;
        if settings.learn
            && let Some(lesson) = Lesson::of(&made)
        {
            lessons::keep(context, &lesson);
        }
        context.format()?.render(&made, made_table)?
    };
    report.finish(&text)?;
    Ok(Exit::Ok)
}

/// The task of a validator that the compression is for.
struct CompressTask<'a> {
    revision: &'a Revision,
    others: Vec<&'a Revision>,
    threshold: f64,
    codec: Codec,
    request: TaskRequest,
}

impl CompressArgs {
    fn task<'a>(
        &self,
        context: &Context,
        settings: &Settings,
        catalogue: &'a Catalogue,
    ) -> Result<CompressTask<'a>, Failure> {
        let ChosenRevision {
            revision,
            others,
            all,
        } = choose(catalogue, making::rules(context, settings))?;
        if all {
            return Err(
                Failure::usage("one revision is needed here, not all of them")
                    .hint("name one; the others are shown beside its score"),
            );
        }
        // A revision without compression is reported before a missing threshold.
        compression_rules(revision)?;
        let threshold = threshold(self.threshold, revision)?;
        if threshold + self.margin >= 100.0 {
            return Err(Failure::usage(format!(
                "--threshold {threshold} and --margin {} leave no room under 100",
                self.margin
            ))
            .hint("a margin of a few hundredths is enough"));
        }
        let codec = self.codec()?;
        Ok(CompressTask {
            revision,
            others,
            threshold,
            codec,
            request: self.asked(threshold, codec)?,
        })
    }

    fn request<'a>(
        &self,
        context: &Context,
        settings: &Settings,
        task: CompressTask<'a>,
        start: Instant,
    ) -> CompressRequest<'a> {
        let lessons = lessons::read(context, settings);
        let (memory, hold) = making::memory(context, &self.making, settings);
        CompressRequest {
            scoring: ScoreRequest {
                request: task.request,
                origin: self.origin.into(),
                // Random samples of a revision are measured in full: a search must not follow luck.
                frames: FrameChoice::All,
                models: Models::Both,
                seed: settings.seed,
                threads: settings.threads,
                memory: MiB(memory),
                ..ScoreRequest::new(Task::Compress, &self.input, &self.destination)
            },
            output: self.destination.clone(),
            revision: task.revision,
            others: task.others,
            threshold: task.threshold,
            margin: self.margin,
            codec: task.codec,
            encoder: self.encoder,
            gpu: if self.require_gpu {
                Gpu::Required
            } else {
                Gpu::Preferred
            },
            preset: (self.preset != "auto").then(|| self.preset.clone()),
            objective: self.objective.into(),
            strategy: match self.strategy {
                StrategyArgument::Search => Strategy::Search,
                StrategyArgument::Table => Strategy::Table,
                StrategyArgument::Grid => Strategy::Grid(self.grid),
            },
            deadline: self.deadline,
            start,
            probes: self.max_probes as usize,
            per_shot: !self.no_shots,
            audio: if self.keep_audio {
                AudioPolicy::Kept
            } else {
                AudioPolicy::Dropped
            },
            resume: if self.resume {
                ResumePolicy::Resume
            } else {
                ResumePolicy::Discard
            },
            hold,
            lessons,
        }
    }
}

impl From<ObjectiveArgument> for Objective {
    fn from(argument: ObjectiveArgument) -> Self {
        match argument {
            ObjectiveArgument::Score => Self::Score,
            ObjectiveArgument::Threshold => Self::Threshold,
            ObjectiveArgument::Size => Self::Size,
        }
    }
}

/// Runs the compression; reports and logs every probe.
fn encode(
    context: &Context,
    args: &CompressArgs,
    ffmpeg: &Ffmpeg,
    request: &CompressRequest<'_>,
    bars: &Bars,
) -> Result<MadeRecord, Failure> {
    let mut log = args.log.as_deref().map(ProbeLog::create).transpose()?;
    let made = compress(ffmpeg, request, bars, &mut |probe: &ProbeRecord| {
        context.say(&probe_line(probe));
        if let Some(log) = &mut log {
            log.write(probe);
        }
    })?;
    for warning in &made.warnings {
        context.warn(warning);
    }
    if let Some(failure) = log.and_then(|log| log.failure) {
        context.warn(&format!("the log is not complete ({failure})"));
    }
    Ok(made)
}

/// The file of `--log`: a line of JSON per probe.
struct ProbeLog {
    file: fs_err::File,
    path: PathBuf,
    /// The first error of writing.
    failure: Option<String>,
}

impl ProbeLog {
    fn create(path: &Path) -> Result<Self, Failure> {
        let file = fs_err::File::create(path)
            .map_err(|e| Failure::unwritable(path, &e).hint("choose another place"))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
            failure: None,
        })
    }

    fn write(&mut self, probe: &ProbeRecord) {
        let line = serde_json::to_string(probe).unwrap_or_default() + "\n";
        if let Err(e) = self.file.write_all(line.as_bytes()) {
            let path = &self.path;
            let why = crate::disk::why_unwritable(path, &e);
            self.failure
                .get_or_insert_with(|| format!("{}: {why}", path.display()));
        }
    }
}

/// A probe in one line.
fn probe_line(probe: &ProbeRecord) -> String {
    format!(
        "probe {}: {} {} quality {} -> {} bytes, VMAF {:.3}, score {:.4}, {} ({:.1} s + {:.1} s)",
        probe.number,
        probe.encoder,
        probe.preset,
        probe.quality,
        probe.bytes,
        probe.vmaf,
        probe.score,
        spelled(&probe.feasibility),
        probe.encode_seconds,
        probe.measure_seconds
    )
}
