//! `vidaio score`.

use crate::domain::{MiB, Seconds, Task};
use std::path::{Path, PathBuf};

use super::batch::{BatchArgs, BatchCommand};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::output::Output;
use super::pieapp::{Readiness, prepare};
use super::progress::Bars;
use super::revision::{ChosenRevision, choose};
use super::stored_round::{StoredRound, store};
use super::task_args::AskedArgs;
use crate::assess::{FrameChoice, ScoreRequest};
use crate::config::Settings;
use crate::history::Folder;
use crate::measure::{Measurement, Models, PieappBackend, read_measurement};
use crate::report::{compression_table, upscaling_table};
use crate::rules::{Catalogue, Revision};
use crate::scoring::{CompressionInput, compression_rules, compression_score};
use crate::verdict::{
    Distribution, TaskContext, compression_draws, judge_compression, judge_upscaling,
    upscaling_draws,
};

#[derive(Debug, clap::Args)]
pub(super) struct ScoreArgs {
    #[command(subcommand)]
    task: Option<ScoreTask>,
    /// Score a measurement that --save wrote, without the videos
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, clap::Subcommand)]
enum ScoreTask {
    /// An upscaled video: VMAF gate, PIE-APP, S_Q, S_L, S_pre, S_F
    Upscale(Pair),
    /// A compressed video: sizes, VMAF, S_f with its components
    Compress(Pair),
    /// Many pairs out of a CSV file
    Batch(BatchArgs),
}

#[derive(Debug, clap::Args)]
struct Pair {
    /// What the output is compared with
    reference: PathBuf,
    /// The processed video
    #[arg(value_name = "OUTPUT")]
    output_video: PathBuf,
}

#[derive(Debug, clap::Args)]
struct CommonArgs {
    /// VMAF threshold of a compression task
    #[arg(long, global = true, value_parser = input::threshold, allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Content length of an upscaling task in seconds [default: length of the reference, rounded]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = input::seconds, allow_negative_numbers = true)]
    length: Option<f64>,
    /// Frames for VMAF: validator, all, a count (10) or a list (0,5,10-20)
    #[arg(long, global = true, default_value = "validator", value_parser = input::frames)]
    frames: FrameChoice,
    /// Seed of everything that validators draw at random
    #[arg(long, global = true)]
    seed: Option<u64>,
    /// Threads for decoding, VMAF and PIE-APP; 0 takes every core
    #[arg(long, global = true)]
    threads: Option<u32>,
    /// MiB that decoding and VMAF may take; fewer threads are used to keep to it
    #[arg(long, global = true, value_name = "MIB")]
    memory: Option<u64>,
    /// Where PIE-APP runs: auto, cpu or cuda
    #[arg(long, global = true)]
    device: Option<String>,
    /// PIE-APP weights other than the published ones, for tests
    #[arg(long, global = true, value_name = "FILE")]
    pieapp_weights: Option<PathBuf>,
    /// Measure pixels as decoded instead of converting to 8-bit 4:2:0 as validators do
    #[arg(long, global = true)]
    native_pixels: bool,
    /// VMAF models to measure; one alone takes about half the time
    #[arg(long, global = true, value_enum, default_value = "both")]
    models: ModelArgument,
    /// Also show median, 5th and 95th percentile of the score over N random draws
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    distribution: Option<u32>,
    /// Store the round in the folder DIR, as `vidaio multipliers` and `vidaio ledger` read it
    #[arg(long, global = true, value_name = "DIR")]
    history: Option<PathBuf>,
    /// Keep the measurement in FILE, to be scored again with --from
    #[arg(long, global = true, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    asked: AskedArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ModelArgument {
    Both,
    Base,
    Neg,
}

impl From<ModelArgument> for Models {
    fn from(argument: ModelArgument) -> Self {
        match argument {
            ModelArgument::Both => Self::Both,
            ModelArgument::Base => Self::Base,
            ModelArgument::Neg => Self::Neg,
        }
    }
}

/// A verdict with what is only shown beside it.
#[derive(serde::Serialize)]
struct Shown<T: serde::Serialize> {
    #[serde(flatten)]
    verdict: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<Distribution>,
}

/// A resolved command line.
struct Job<'a> {
    context: &'a Context,
    revision: &'a Revision,
    others: Vec<&'a Revision>,
    common: CommonArgs,
    settings: Settings,
}

pub(super) fn run(context: &Context, args: ScoreArgs) -> Result<Exit, Failure> {
    let common = args.common;
    let path_text = |path: &Option<PathBuf>| match path.as_ref().map(|p| p.to_str()) {
        Some(None) => {
            Err(Failure::usage("the path of the weights is not UTF-8 text").hint("rename the file"))
        }
        text => Ok(text.flatten().map(str::to_owned)),
    };
    let settings = context.settings_with(&[
        ("seed", common.seed.map(|n| n.to_string())),
        ("threads", common.threads.map(|n| n.to_string())),
        ("memory", common.memory.map(|n| n.to_string())),
        ("device", common.device.clone()),
        ("pieapp_weights", path_text(&common.pieapp_weights)?),
    ])?;
    let catalogue = Catalogue::embedded()?;
    let ChosenRevision {
        revision,
        others,
        all,
    } = choose(&catalogue, &settings.rules)?;
    let job = Job {
        context,
        revision,
        others,
        common,
        settings,
    };
    match (args.task, args.from) {
        (Some(_), Some(_)) => Err(Failure::usage("--from takes the place of the two videos")
            .hint("`vidaio score --from measurement.json` needs no task: the file knows it")),
        (Some(ScoreTask::Upscale(pair)), None) => job.videos(Task::Upscale, &pair, all),
        (Some(ScoreTask::Compress(pair)), None) => job.videos(Task::Compress, &pair, all),
        (Some(ScoreTask::Batch(batch)), None) => job.batch(&batch),
        (None, Some(from)) => job.stored(&from),
        (None, None) => Err(Failure::usage("nothing to score was named").hint(
            "`vidaio score compress REFERENCE OUTPUT`, `vidaio score upscale REFERENCE OUTPUT`, \
                 or --from measurement.json",
        )),
    }
}

impl Job<'_> {
    fn videos(&self, task: Task, pair: &Pair, all: bool) -> Result<Exit, Failure> {
        let asked = &self.common.asked;
        asked.check(task)?;
        let mut inputs = vec![pair.reference.as_path(), pair.output_video.as_path()];
        inputs.extend(asked.files());
        let inputs = inputs.as_slice();
        self.check_flags(task)?;
        if let (Some(output), Some(save)) = (&self.context.output, &self.common.save)
            && output == save
        {
            return Err(Failure::usage("-o and --save name the same file")
                .hint("the score and the measurement need a file each"));
        }
        let output = self.context.open_output(inputs)?;
        let save = match &self.common.save {
            Some(path) => Some(Output::open(Some(path), inputs)?),
            None => None,
        };
        let history = self.history()?;
        self.check_task(task)?;
        let measured: Vec<&Revision> = if all {
            self.others.clone()
        } else {
            vec![self.revision]
        };
        let request = self.request(task, pair);
        let (mut backend, lacking) = self.backend(task)?;
        let bars = Bars::new(self.context.may_draw());
        let measured = request.measure(self.revision, &measured, backend.as_deref_mut(), &bars)?;
        if let Some(save) = save {
            save.finish(&(serde_json::to_string_pretty(&measured.measurement)? + "\n"))?;
        }
        for note in &measured.measurement.notes {
            self.context.warn(note);
        }
        let lacking = measured.pieapp_failure.map(Failure::from).or(lacking);
        self.show(measured.measurement, output, lacking, history.as_ref())
    }

    fn batch(&self, args: &BatchArgs) -> Result<Exit, Failure> {
        let common = &self.common;
        let single = [
            ("--payload", common.asked.payload.is_some()),
            ("--original", common.asked.original.is_some()),
            ("--save", common.save.is_some()),
            ("--history", common.history.is_some()),
            ("--distribution", common.distribution.is_some()),
        ];
        if let Some((flag, _)) = single.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!("{flag} is for one pair")).hint(
                "files of a pair are named in its row; docs/reference/batch.md lists the columns",
            ));
        }
        let nothing = Pair {
            reference: PathBuf::new(),
            output_video: PathBuf::new(),
        };
        let batch = BatchCommand {
            context: self.context,
            revision: self.revision,
            base: self.request(Task::Compress, &nothing),
            settings: &self.settings,
        };
        batch.run(args)
    }

    fn request(&self, task: Task, pair: &Pair) -> ScoreRequest {
        let (common, settings) = (&self.common, &self.settings);
        ScoreRequest {
            task,
            reference: pair.reference.clone(),
            output: pair.output_video.clone(),
            payload: common.asked.payload.clone(),
            original: common.asked.original.clone(),
            origin: common.asked.origin.into(),
            request: common.asked.request(common.threshold),
            length: common.length.map(Seconds),
            frames: common.frames.clone(),
            native: common.native_pixels,
            models: common.models.into(),
            draws: common.distribution.map_or(1, u64::from),
            seed: settings.seed,
            threads: settings.threads,
            memory: MiB(settings.memory),
        }
    }

    fn history(&self) -> Result<Option<Folder>, Failure> {
        Ok(self
            .common
            .history
            .as_deref()
            .map(Folder::open)
            .transpose()?)
    }

    fn stored(&self, from: &Path) -> Result<Exit, Failure> {
        let output = self.context.open_output(&[from])?;
        let measuring = [
            ("--save", self.common.save.is_some()),
            ("--frames", self.common.frames != FrameChoice::Validator),
            ("--seed", self.common.seed.is_some()),
            ("--native-pixels", self.common.native_pixels),
            ("--pieapp-weights", self.common.pieapp_weights.is_some()),
            ("--payload", self.common.asked.payload.is_some()),
            ("--original", self.common.asked.original.is_some()),
        ];
        if let Some((flag, _)) = measuring.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!(
                "{flag} is for measuring; --from measures nothing"
            ))
            .hint("measure again from the videos"));
        }
        let measurement = read_measurement(from)?;
        self.check_task(measurement.task)?;
        let history = self.history()?;
        self.show(measurement, output, None, history.as_ref())
    }

    /// Refuses flags that belong to the other task, rather than ignoring them.
    fn check_flags(&self, task: Task) -> Result<(), Failure> {
        let foreign: &[(&str, bool)] = match task {
            Task::Compress => &[
                ("--length", self.common.length.is_some()),
                ("--pieapp-weights", self.common.pieapp_weights.is_some()),
                ("--device", self.common.device.is_some()),
            ],
            Task::Upscale => &[("--threshold", self.common.threshold.is_some())],
        };
        match foreign.iter().find(|(_, given)| *given) {
            Some((flag, _)) => Err(Failure::usage(format!("{flag} belongs to the other task"))
                .hint("`vidaio score --help` says which flag is for which task")),
            None => Ok(()),
        }
    }

    /// Warns when a spread comes from fewer draws than were requested.
    fn check_draws(&self, found: Option<&Distribution>, drawn: bool) {
        let asked = self.common.distribution.map_or(0, u64::from);
        if let Some(found) = found.filter(|d| drawn && d.draws < asked) {
            self.context.warn(&format!(
                "{} draws were asked for, but the measurement holds {}",
                asked, found.draws
            ));
        }
    }

    /// Checks before long work that the task can be scored at all.
    fn check_task(&self, task: Task) -> Result<(), Failure> {
        if task == Task::Compress {
            let threshold = self.threshold()?;
            let rules = compression_rules(self.revision)?;
            let trial = CompressionInput {
                vmaf: threshold,
                rate: 0.5,
                threshold,
            };
            compression_score(rules.formula, rules.constants, trial)?;
        }
        Ok(())
    }

    fn threshold(&self) -> Result<f64, Failure> {
        super::task_args::threshold(self.common.threshold, self.revision)
    }

    fn backend(
        &self,
        task: Task,
    ) -> Result<(Option<Box<PieappBackend>>, Option<Failure>), Failure> {
        if task != Task::Upscale {
            return Ok((None, None));
        }
        Ok(match prepare(self.context, &self.settings)? {
            Readiness::Ready(backend) => (Some(backend), None),
            Readiness::Lacking(failure) => (None, Some(failure)),
        })
    }

    fn show(
        &self,
        measurement: Measurement,
        output: Output,
        lacking: Option<Failure>,
        history: Option<&Folder>,
    ) -> Result<Exit, Failure> {
        let round;
        let threshold = match measurement.task {
            Task::Compress => Some(self.threshold()?),
            Task::Upscale => None,
        };
        let request = self.common.asked.request(threshold);
        let origin = self.common.asked.origin.into();
        let context = TaskContext::alone(origin, &request, measurement.backend.seed);
        let draws = self.common.distribution.is_some();
        let text = match measurement.task {
            Task::Compress => {
                let threshold = self.threshold()?;
                let distribution = draws
                    .then(|| compression_draws(&measurement, self.revision, threshold))
                    .transpose()?;
                let drawn = self
                    .revision
                    .compression
                    .as_ref()
                    .is_some_and(|c| c.vmaf.frames.is_drawn());
                self.check_draws(distribution.as_ref(), drawn);
                let verdict = judge_compression(
                    measurement,
                    self.revision,
                    threshold,
                    &context,
                    &self.others,
                )?;
                round = Some(StoredRound::compression(&verdict, self.revision));
                self.render(
                    Shown {
                        verdict,
                        distribution,
                    },
                    |s| compression_table(&s.verdict, s.distribution.as_ref()),
                )?
            }
            Task::Upscale => {
                let length = self.length(&measurement);
                let distribution = (draws && measurement.pieapp.is_some())
                    .then(|| upscaling_draws(&measurement, self.revision, length))
                    .transpose()?;
                self.check_draws(distribution.as_ref(), true);
                let verdict =
                    judge_upscaling(measurement, self.revision, length, &context, &self.others)?;
                round = StoredRound::upscaling(&verdict);
                self.render(
                    Shown {
                        verdict,
                        distribution,
                    },
                    |s| upscaling_table(&s.verdict, s.distribution.as_ref()),
                )?
            }
        };
        output.finish(&text)?;
        if let Some(folder) = history {
            store(self.context, folder, round)?;
        }
        Ok(lacking.map_or(Exit::Ok, |failure| failure.report()))
    }

    fn length(&self, measurement: &Measurement) -> Seconds {
        self.common.length.map(Seconds).unwrap_or_else(|| {
            let seconds = measurement
                .reference
                .duration_seconds
                .unwrap_or(0.0)
                .round();
            self.context
                .say(&format!("content length: {seconds} s, from the reference"));
            Seconds(seconds)
        })
    }

    fn render<T: serde::Serialize>(
        &self,
        shown: Shown<T>,
        table: impl FnOnce(&Shown<T>) -> String,
    ) -> Result<String, Failure> {
        Ok(self.context.format()?.render(&shown, table)?)
    }
}
