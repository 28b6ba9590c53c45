//! `vidaio ledger`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Seek as _, Write};
use std::path::PathBuf;

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::rounds::{RoundsArgs, Stopped, WalkPurpose, refuse_own_folder, walk};
use crate::domain::Task;
use crate::history::{Kept, LocatedRecord, Record};
use crate::report::{Curve, Format, ledger_table, svg, terminal_plot};
use crate::rules::{Catalogue, Revision};
use crate::standing::{LedgerStep, Replay, RoundSink};

#[derive(Debug, clap::Args)]
pub(super) struct LedgerArgs {
    #[command(flatten)]
    rounds: RoundsArgs,
    /// Steps that the table shows, the newest; the other formats give every one
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    last: u32,
    /// Draw the standing under the table
    #[arg(long)]
    plot: bool,
    /// Draw the standing into an SVG file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Bytes held before a step goes to the temporary file.
const BUFFER: usize = 1 << 16;

/// Replays rounds and lays every step down where the result can be fetched once the order is known
/// to be right.
struct Steps<'a> {
    revision: &'a Revision,
    format: Format,
    last: usize,
    replay: Replay<'a>,
    spool: BufWriter<File>,
    shown: VecDeque<LedgerStep>,
    curve: Curve,
    count: u64,
    failed: Option<Trouble>,
}

enum Trouble {
    Replay(Stopped),
    Spool(std::io::Error),
}

fn no_room(error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Output,
        format!("no room for temporary files ({error})"),
    )
    .hint("make room, or set TMPDIR to a folder that has some")
}

impl<'a> Steps<'a> {
    fn new(revision: &'a Revision, format: Format, last: u32) -> Result<Self, Failure> {
        let spool = tempfile::tempfile().map_err(|e| no_room(&e))?;
        Ok(Self {
            revision,
            format,
            last: usize::try_from(last).unwrap_or(usize::MAX),
            replay: Replay::new(revision),
            spool: BufWriter::with_capacity(BUFFER, spool),
            shown: VecDeque::new(),
            curve: Curve::default(),
            count: 0,
            failed: None,
        })
    }

    fn take(&mut self, record: &Record, source: usize, line: u64) {
        if self.failed.is_some() {
            return;
        }
        match self.replay.push(record) {
            Ok(step) => self.settle(step),
            Err(e) => self.failed = Some(Trouble::Replay(Stopped::at(e, source, line))),
        }
    }

    fn settle(&mut self, step: Option<LedgerStep>) {
        if let Some(Err(e)) = step.map(|step| self.lay(step)) {
            self.failed.get_or_insert(Trouble::Spool(e));
        }
    }

    fn lay(&mut self, step: LedgerStep) -> std::io::Result<()> {
        self.curve.add(step.accumulate_score);
        match self.format {
            Format::Csv => {
                let mut line = csv::WriterBuilder::new()
                    .has_headers(self.count == 0)
                    .buffer_capacity(512)
                    .from_writer(&mut self.spool);
                line.serialize(&step).map_err(std::io::Error::other)?;
                line.flush()?;
            }
            Format::Jsonl => {
                serde_json::to_writer(&mut self.spool, &step)?;
                self.spool.write_all(b"\n")?;
            }
            Format::Json => {
                let before: &[u8] = if self.count == 0 { b"[\n  " } else { b",\n  " };
                self.spool.write_all(before)?;
                serde_json::to_writer(&mut self.spool, &step)?;
            }
            Format::Table => {
                if self.shown.len() >= self.last {
                    self.shown.pop_front();
                }
                self.shown.push_back(step);
            }
        }
        self.count += 1;
        Ok(())
    }

    fn start_over(&mut self) -> std::io::Result<()> {
        self.spool.flush()?;
        self.spool.rewind()?;
        self.spool.get_ref().set_len(0)
    }
}

impl RoundSink for Steps<'_> {
    fn restart(&mut self) {
        self.replay = Replay::new(self.revision);
        self.shown.clear();
        self.curve = Curve::default();
        self.count = 0;
        self.failed = self.start_over().err().map(Trouble::Spool);
    }

    fn pass(&mut self, entry: &LocatedRecord<'_>) {
        self.take(&entry.record, entry.source, entry.line);
    }

    fn held(&mut self, kept: Kept) {
        self.take(&kept.record, kept.source, kept.line);
    }
}

pub(super) fn run(context: &Context, args: &LedgerArgs) -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded()?;
    let revision = catalogue.find(&context.settings()?.rules)?;
    let format = context.format()?;
    if args.plot && format != Format::Table {
        return Err(Failure::usage("--plot draws under the table")
            .hint("leave --format out, or draw into a file with --svg"));
    }
    let drawn = args.svg.as_ref();
    refuse_own_folder(&args.rounds.folder, &[context.output.as_ref(), drawn])?;
    if drawn.is_some() && drawn == context.output.as_ref() {
        return Err(Failure::usage("-o and --svg name the same file")
            .hint("the steps and the drawing need a file each"));
    }
    let output = context.open_output(&[])?;
    let drawing = match &args.svg {
        Some(path) => Some(Output::open(Some(path), &[])?),
        None => None,
    };
    let mut steps = Steps::new(revision, format, args.last)?;
    let walked = walk(
        context,
        &args.rounds,
        revision,
        WalkPurpose::Ledger,
        &mut steps,
    )?;
    let closed = steps.replay.finish();
    if steps.failed.is_none() {
        steps.settle(closed);
    }
    match steps.failed.take() {
        Some(Trouble::Replay(stopped)) => return Err(stopped.failure(&walked.sources)),
        Some(Trouble::Spool(e)) => return Err(no_room(&e)),
        None => {}
    }
    if let Some(drawing) = drawing {
        let title = format!("accumulate_score under {}", revision.name);
        let text = svg(&title, &steps.curve).map_err(|e| {
            Failure::new(Exit::Internal, format!("the curve cannot be drawn ({e})"))
        })?;
        drawing.finish(&text)?;
    }
    if format == Format::Table {
        let shown = steps.shown.make_contiguous();
        let standings: Vec<_> = Task::ALL
            .map(|task| (task, steps.replay.standing(task)))
            .into();
        let mut text = ledger_table(revision, &walked.facts, shown, steps.count, &standings);
        if args.plot {
            text += &terminal_plot(&steps.curve);
        }
        output.finish(&text)?;
        return Ok(Exit::Ok);
    }
    let mut spool = steps
        .spool
        .into_inner()
        .map_err(|e| no_room(&e.into_error()))?;
    spool.rewind().map_err(|e| no_room(&e))?;
    let some = steps.count > 0;
    output.finish_with(&mut |to| {
        std::io::copy(&mut spool, to)?;
        match (format, some) {
            (Format::Json, true) => to.write_all(b"\n]\n"),
            (Format::Json, false) => to.write_all(b"[]\n"),
            _ => Ok(()),
        }
    })?;
    Ok(Exit::Ok)
}
