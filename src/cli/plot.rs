//! `vidaio plot`.

use std::path::PathBuf;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use crate::measure::read_measurement;
use crate::report::{Graph, Plot, PlotError, pieapp_frames, plot, vmaf_frames};
use crate::rules::Catalogue;

/// Size of a drawing in pixels.
const SIZE: (u32, u32) = (960, 480);

#[derive(Debug, clap::Args)]
pub(super) struct PlotArgs {
    /// Which graph
    #[arg(value_enum)]
    which: Which,
    /// A measurement that --save wrote, for the graphs of frames
    measurement: Option<PathBuf>,
    /// VMAF threshold of the compression graph [default: the lowest that the rules ask for]
    #[arg(long, value_parser = input::threshold, allow_negative_numbers = true)]
    threshold: Option<f64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// VMAF by frame, base and NEG
    Frames,
    /// PIE-APP by frame
    Pieapp,
    /// The sigmoid inside the quality transform
    Sigmoid,
    /// S_Q over PIE-APP
    Quality,
    /// S_L over seconds
    Length,
    /// S_F over S_pre
    Final,
    /// S_f over the compression rate, for several VMAF scores
    Compression,
    /// Bonus and penalties over the number of rounds
    Multipliers,
}

pub(super) fn run(context: &Context, args: &PlotArgs) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalogue = Catalogue::embedded()?;
    let revision = catalogue.find(&settings.rules)?;
    let inputs: Vec<&std::path::Path> = args.measurement.as_deref().into_iter().collect();
    let output = context.open_output(&inputs)?;
    let which = match args.which {
        Which::Frames | Which::Pieapp => {
            let Some(path) = &args.measurement else {
                return Err(
                    Failure::usage("the graphs of frames need a measurement").hint(
                        "`vidaio plot frames measurement.json`; `score ... --save FILE` writes one",
                    ),
                );
            };
            let measurement = read_measurement(path)?;
            let graph = if matches!(args.which, Which::Frames) {
                Some(vmaf_frames(&measurement))
            } else {
                pieapp_frames(&measurement)
            };
            let graph = graph.ok_or_else(|| {
                Failure::bad_input(format!("{}: PIE-APP was not measured", path.display()))
                    .hint("`vidaio score upscale ... --save FILE` measures it")
            })?;
            return finish(output, &graph);
        }
        Which::Sigmoid => Plot::Sigmoid,
        Which::Quality => Plot::Quality,
        Which::Length => Plot::Length,
        Which::Final => Plot::Final,
        Which::Compression => Plot::Compression,
        Which::Multipliers => Plot::Multipliers,
    };
    if args.measurement.is_some() {
        return Err(Failure::usage("this graph is drawn from the rules alone")
            .hint("leave the measurement out"));
    }
    let asked = revision
        .compression
        .as_ref()
        .and_then(|c| c.thresholds.first());
    let threshold = args.threshold.or(asked.copied()).unwrap_or(85.0);
    finish(output, &plot(which, revision, threshold)?)
}

fn finish(output: super::output::Output, graph: &Graph) -> Result<Exit, Failure> {
    let text = graph
        .svg(SIZE)
        .map_err(|e| Failure::new(Exit::Internal, e))?;
    output.finish(&text)?;
    Ok(Exit::Ok)
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        match error {
            PlotError::Scoring(e) => e.into(),
            other => Self::bad_input(other.to_string())
                .hint("choose another revision with --rules; `vidaio rules list` shows them"),
        }
    }
}
