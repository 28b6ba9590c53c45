//! `vidaio lint`.

use crate::domain::{MiB, Task};
use std::path::{Path, PathBuf};

use super::bundle;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::output::Output;
use super::progress::Bars;
use super::task;
use super::task_args::AskedArgs;
use crate::assess::{LintRequest, LintVerdict, lint};
use crate::gates::{Claim, judged_gates};
use crate::measure::read_measurement;
use crate::report::{Format, lint_table, to_csv};
use crate::rules::{Catalogue, Revision, spelled};
use crate::verdict::{TaskContext, claim_of};

#[derive(Debug, clap::Args)]
#[command(
    override_usage = "vidaio lint [OPTIONS] --task <TASK> <REFERENCE> <OUTPUT>\n       \
                      vidaio lint --bundle <FILE>..."
)]
pub(super) struct LintArgs {
    /// What the output is compared with
    #[arg(required_unless_present = "bundle", requires = "output_video")]
    reference: Option<PathBuf>,
    /// The processed video
    #[arg(value_name = "OUTPUT")]
    output_video: Option<PathBuf>,
    /// What the output was made for
    #[arg(long, value_parser = task::verb(), required_unless_present = "bundle")]
    task: Option<Task>,
    /// VMAF threshold of a compression task
    #[arg(long, value_parser = input::threshold, allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Answers sent together: those with as many bytes as another score 0
    #[arg(long, num_args = 1.., value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// Measurements of other miners' answers to the same clip, to find near-equal metrics
    #[arg(long, num_args = 1.., value_name = "FILE")]
    against: Vec<PathBuf>,
    /// Judge N draws of everything random, show the worst and the share that fails
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    worst_of: Option<u32>,
    /// Seed of everything that validators draw at random
    #[arg(long)]
    seed: Option<u64>,
    /// Judge the files alone, in no time: no VMAF, no pictures
    #[arg(long)]
    no_metrics: bool,
    /// Keep the measurement in FILE, for `score --from` and `report`
    #[arg(long, value_name = "FILE", conflicts_with = "no_metrics")]
    save: Option<PathBuf>,
    /// Threads for decoding and VMAF; 0 takes every core
    #[arg(long)]
    threads: Option<u32>,
    /// MiB that decoding and VMAF may take; fewer threads are used to keep to it
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    #[command(flatten)]
    asked: AskedArgs,
}

pub(super) fn run(context: &Context, args: LintArgs) -> Result<Exit, Failure> {
    let settings = context.settings_with(&[
        ("seed", args.seed.map(|n| n.to_string())),
        ("threads", args.threads.map(|n| n.to_string())),
        ("memory", args.memory.map(|n| n.to_string())),
    ])?;
    let catalogue = Catalogue::embedded()?;
    let revision = catalogue.find(&settings.rules)?;
    let bundle = bundle::sizes(&args.bundle)?;
    let (Some(reference), Some(output), Some(task)) =
        (&args.reference, &args.output_video, args.task)
    else {
        return bundle::run(context, revision, &args.bundle, &bundle);
    };
    check(&args, task, revision)?;
    let inputs = inputs(&args, reference, output)?;
    if context.output.is_some() && context.output == args.save {
        return Err(Failure::usage("-o and --save name the same file")
            .hint("the verdict and the measurement need a file each"));
    }
    let destination = context.open_output(&inputs)?;
    let save = match &args.save {
        Some(path) => Some(Output::open(Some(path), &inputs)?),
        None => None,
    };
    let against: Vec<Claim> = args
        .against
        .iter()
        .map(|path| claim(path, revision, args.threshold))
        .collect::<Result<_, _>>()?;
    let others = without(bundle, output);
    let request = args
        .asked
        .request(threshold(args.threshold, task, revision));
    let request = LintRequest {
        task,
        reference,
        output,
        payload: args.asked.payload.as_deref(),
        original: args.asked.original.as_deref(),
        context: TaskContext {
            origin: args.asked.origin.into(),
            request: &request,
            seed: settings.seed,
            bundle: &others,
            against: &against,
            unreadable_payload: None,
        },
        measured: !args.no_metrics,
        draws: args.worst_of.unwrap_or(1),
        threads: settings.threads,
        memory: MiB(settings.memory),
    };
    let bars = Bars::new(context.may_draw());
    let verdict = lint(&request, revision, &catalogue, &bars)?;
    if let (Some(save), Some(measurement)) = (save, &verdict.measurement) {
        let text = serde_json::to_string_pretty(measurement)?;
        save.finish(&(text + "\n"))?;
    }
    destination.finish(&render(context.format()?, &verdict)?)?;
    Ok(if verdict.passed {
        Exit::Ok
    } else {
        Exit::GateFailed
    })
}

/// Refuses a task that the revision does not judge, and flags of the other task.
fn check(args: &LintArgs, task: Task, revision: &Revision) -> Result<(), Failure> {
    args.asked.check(task)?;
    if task == Task::Upscale && args.threshold.is_some() {
        return Err(Failure::usage("--threshold belongs to the other task")
            .hint("--help says which flag is for which task"));
    }
    if task == Task::Compress && revision.compression.is_none() {
        return Err(
            Failure::bad_input(format!("{} has no compression task", revision.name))
                .hint("choose a revision of 2025-08-14 or later"),
        );
    }
    let origin = args.asked.origin.into();
    if judged_gates(revision, task, origin).is_empty() {
        return Err(Failure::bad_input(format!(
            "{} has no gates for {} tasks of this kind",
            revision.name,
            spelled(&origin)
        ))
        .hint(
            "organic gates are known from 2025-10-16 to 2026-08-18, competitions from 2026-08-10",
        ));
    }
    Ok(())
}

/// Every file that is read; all must be there before anything is opened for writing.
fn inputs<'a>(
    args: &'a LintArgs,
    reference: &'a Path,
    output: &'a Path,
) -> Result<Vec<&'a Path>, Failure> {
    let mut inputs = vec![reference, output];
    inputs.extend(args.bundle.iter().map(PathBuf::as_path));
    inputs.extend(args.asked.files());
    inputs.extend(args.against.iter().map(PathBuf::as_path));
    match inputs.iter().find(|path| !path.exists()) {
        Some(path) => Err(
            Failure::bad_input(format!("{}: there is no such file", path.display()))
                .hint("check the path; REFERENCE comes first, then OUTPUT"),
        ),
        None => Ok(inputs),
    }
}

/// The bundle without the output itself.
fn without(bundle: Vec<(String, u64)>, output: &Path) -> Vec<(String, u64)> {
    let own = fs_err::canonicalize(output).ok();
    let is_own = |other: &str| own.is_some() && fs_err::canonicalize(other).ok() == own;
    bundle
        .into_iter()
        .filter(|(other, _)| !is_own(other))
        .collect()
}

fn render(format: Format, verdict: &LintVerdict) -> Result<String, Failure> {
    Ok(match format {
        // One row a gate.
        Format::Csv => {
            let gates: Result<Vec<_>, _> = verdict.gates.iter().map(serde_json::to_value).collect();
            to_csv(&gates?)
        }
        format => format.render(verdict, lint_table)?,
    })
}

/// The threshold asked for, or the only one that the rules have.
fn threshold(given: Option<f64>, task: Task, revision: &Revision) -> Option<f64> {
    let rules = revision.compression.as_ref();
    let rules = rules.filter(|_| task == Task::Compress);
    given.or_else(|| rules?.only_threshold())
}

/// Another miner's output, from its measurement.
fn claim(path: &Path, revision: &Revision, threshold: Option<f64>) -> Result<Claim, Failure> {
    let measurement = read_measurement(path)?;
    if measurement.task != Task::Compress {
        return Err(
            Failure::bad_input(format!("{}: it measures an upscaling", path.display()))
                .hint("only compressions are compared by their metrics"),
        );
    }
    let who = path.display().to_string();
    Ok(claim_of(&measurement, who, revision, threshold)?)
}
