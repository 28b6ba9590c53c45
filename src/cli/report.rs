//! `vidaio report`.

use crate::domain::{MiB, Origin, Seconds, Task};
use std::path::PathBuf;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::revision::{ChosenRevision, choose};
use crate::assess::{FrameChoice, ScoreRequest, pictures, worst_frames};
use crate::gates::TaskRequest;
use crate::measure::{Measurement, Models, read_measurement};
use crate::report::{PageEntry, report_page};
use crate::rules::{Catalogue, Revision};

/// Frames that are shown as images.
const WORST: usize = 5;

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Measurements that --save wrote
    #[arg(required = true)]
    measurements: Vec<PathBuf>,
    /// VMAF threshold of compressions [default: the lowest that the rules ask for]
    #[arg(long, value_parser = input::threshold, allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Content length of upscalings in seconds [default: length of the reference, rounded]
    #[arg(long, value_name = "SECONDS", value_parser = input::seconds, allow_negative_numbers = true)]
    length: Option<f64>,
    /// Leave the pictures out: the videos are not read
    #[arg(long)]
    no_pictures: bool,
}

pub(super) fn run(context: &Context, args: &ReportArgs) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalogue = Catalogue::embedded()?;
    let ChosenRevision { revision, .. } = choose(&catalogue, &settings.rules)?;
    let others: Vec<&Revision> = catalogue.iter().collect();
    let main: Vec<&str> = catalogue
        .iter()
        .filter(|r| r.main)
        .map(|r| r.name.as_str())
        .collect();
    let inputs: Vec<&std::path::Path> = args.measurements.iter().map(PathBuf::as_path).collect();
    if context.output.is_none() {
        return Err(Failure::usage("a page needs a file").hint("add -o report.html"));
    }
    let mut measured = Vec::new();
    for path in &args.measurements {
        measured.push((path, read_measurement(path)?));
    }
    let videos = measured
        .iter()
        .flat_map(|(_, m)| [m.reference.path.as_path(), m.distorted.path.as_path()]);
    let inputs: Vec<&std::path::Path> = inputs.into_iter().chain(videos).collect();
    let output = context.open_output(&inputs)?;
    let mut entries = Vec::new();
    for (path, measurement) in measured {
        entries.push(entry(context, args, path, measurement, revision, &others)?);
    }
    let page =
        report_page(&entries, revision, &main).map_err(|e| Failure::new(Exit::Internal, e))?;
    output.finish(&page)?;
    Ok(Exit::Ok)
}

fn entry(
    context: &Context,
    args: &ReportArgs,
    path: &std::path::Path,
    measurement: Measurement,
    revision: &Revision,
    others: &[&Revision],
) -> Result<PageEntry, Failure> {
    let name = path.display().to_string();
    let asked = revision
        .compression
        .as_ref()
        .and_then(|c| c.thresholds.first().copied());
    let threshold = match measurement.task {
        Task::Compress => args.threshold.or(asked),
        Task::Upscale => None,
    };
    if let (None, Some(threshold)) = (args.threshold, threshold) {
        context.warn(&format!(
            "{name}: scored for a threshold of {threshold}; --threshold names another"
        ));
    }
    let worst = worst_frames(&measurement, WORST);
    let frames: Vec<u64> = worst.iter().map(|w| w.frame).collect();
    let (shown, no_frames) = if args.no_pictures {
        (Vec::new(), Some("they were not asked for".to_owned()))
    } else {
        match pictures(&measurement, &frames) {
            Ok(shown) => (shown, None),
            Err(e) => {
                context.warn(&format!("{name}: no pictures: {e}"));
                (Vec::new(), Some(e.to_string()))
            }
        }
    };
    let request = ScoreRequest {
        task: measurement.task,
        reference: measurement.reference.path.clone(),
        output: measurement.distorted.path.clone(),
        payload: None,
        original: None,
        origin: Origin::Synthetic,
        request: TaskRequest {
            threshold,
            ..TaskRequest::default()
        },
        length: args.length.map(Seconds),
        frames: FrameChoice::Validator,
        native: false,
        models: Models::Both,
        draws: 1,
        seed: measurement.backend.seed,
        threads: 1,
        memory: MiB(64),
    };
    let score = request.judge(measurement, revision, others)?;
    Ok(PageEntry {
        name,
        score,
        worst,
        frames: shown,
        no_frames,
    })
}
