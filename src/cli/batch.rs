//! `vidaio score batch`: many pairs, with failures kept and work resumed.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use super::context::Context;
use super::exit::Exit;
use super::failure::{Failure, unreadable};
use super::output::Output;
use super::pieapp::{Readiness, prepare};
use crate::assess::ScoreRequest;
use crate::batch::{Batch, BatchJob, BatchJournal, BatchLine, BatchRow, PairError, resume_key};
use crate::config::Settings;
use crate::domain::{MiB, Task};
use crate::measure::PieappBackend;
use crate::rules::Revision;
use crate::text::{Text, rows};

/// What to do about a row that cannot be used.
const COLUMNS: &str = "docs/reference/batch.md lists the columns";

/// Least memory of one pair, in MiB, however many share the whole. Our choice.
const LEAST_MEMORY: u64 = 64;

#[derive(Debug, clap::Args)]
pub(super) struct BatchArgs {
    /// CSV file with a header: task, reference, output, and if wanted threshold, length, codec, mode,
    /// bitrate, payload, scale, origin
    pairs: PathBuf,
    /// Pairs that are measured side by side; threads and memory are shared out among them
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: u32,
    /// Begin anew instead of going on with what the output file holds
    #[arg(long)]
    fresh: bool,
}

/// What all rows share.
pub(super) struct BatchCommand<'a> {
    pub(super) context: &'a Context,
    pub(super) revision: &'a Revision,
    pub(super) base: ScoreRequest,
    pub(super) settings: &'a Settings,
}

impl BatchCommand<'_> {
    pub(super) fn run(&self, args: &BatchArgs) -> Result<Exit, Failure> {
        let rows = read(self.context, &args.pairs)?;
        // Opened early, to find out whether the file can be written and that it is none of the inputs.
        let inputs: Vec<&Path> = rows
            .iter()
            .flat_map(BatchRow::files)
            .chain([args.pairs.as_path()])
            .collect();
        let destination = self.context.open_output(&inputs)?;
        let results = self.results_file();
        let earlier = match results {
            Some(path) if !args.fresh => self.earlier(path)?,
            _ => BatchJournal::default(),
        };
        let threads = args.jobs.min(u32::try_from(rows.len()).unwrap_or(1)).max(1);
        let (jobs, mut lines) = self.jobs(args, &rows, threads, &earlier)?;
        let backend = self.backend(&jobs)?;
        let journal = results
            .map(|path| open_journal(path, &earlier.text))
            .transpose()?;
        self.score(&jobs, threads, backend, journal, &mut lines);
        write(destination, &lines)
    }

    /// The file of results, where there is one to resume from: pipes and devices hold nothing.
    fn results_file(&self) -> Option<&Path> {
        let path = self.context.output.as_deref()?;
        let is_stored = path != Path::new("-") && (path.is_file() || !path.exists());
        is_stored.then_some(path)
    }

    fn earlier(&self, path: &Path) -> Result<BatchJournal, Failure> {
        let text = match fs_err::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Ok(BatchJournal::default());
            }
            Err(e) => return Err(Failure::unwritable(path, &e).hint("choose another name")),
        };
        let journal = BatchJournal::parse(&text).map_err(|e| {
            Failure::new(Exit::Output, format!("{}:{e}", path.display()))
                .hint("choose another name for the results, or --fresh to replace it")
        })?;
        if journal.outdated > 0 {
            self.context.warn(&format!(
                "{}: holds results of an earlier version of vidaio, whose keys cannot be compared; rows scored again: {}",
                path.display(),
                journal.outdated
            ));
        }
        Ok(journal)
    }

    /// Rows that are left to do, and the lines of those that are done.
    fn jobs<'r>(
        &self,
        args: &BatchArgs,
        rows: &'r [BatchRow],
        threads: u32,
        earlier: &BatchJournal,
    ) -> Result<(Vec<BatchJob<'r>>, Vec<Option<BatchLine>>), Failure> {
        let base = ScoreRequest {
            threads: (self.settings.threads / threads).max(1),
            memory: MiB((self.settings.memory / u64::from(threads)).max(LEAST_MEMORY)),
            ..self.base.clone()
        };
        let weights = self.settings.pieapp_weights.as_deref();
        let mut jobs = Vec::new();
        let mut lines = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let request = row.request(&base, self.revision).map_err(|e| {
                let location = format!("{}: row {}", args.pairs.display(), index + 1);
                Failure::bad_input(format!("{location}: {e}")).hint(COLUMNS)
            })?;
            let key = resume_key(row, &request, self.revision, weights)?;
            let line = earlier.line(&key, index);
            if line.is_none() {
                jobs.push(BatchJob {
                    index,
                    row,
                    request,
                    key,
                });
            }
            lines.push(line);
        }
        if jobs.len() < rows.len() {
            self.context.warn(&format!(
                "{} of {} rows are there already and are kept; --fresh measures them again",
                rows.len() - jobs.len(),
                rows.len()
            ));
        }
        Ok((jobs, lines))
    }

    /// PIE-APP, if a row needs it; a warning where something for it is missing.
    fn backend(&self, jobs: &[BatchJob<'_>]) -> Result<Option<Box<PieappBackend>>, Failure> {
        if !jobs.iter().any(|job| job.request.task == Task::Upscale) {
            return Ok(None);
        }
        Ok(match prepare(self.context, self.settings)? {
            Readiness::Ready(backend) => Some(backend),
            Readiness::Lacking(failure) => {
                self.context.warn(failure.message());
                self.context
                    .warn("upscalings are measured without PIE-APP and have no score");
                None
            }
        })
    }

    fn score(
        &self,
        jobs: &[BatchJob<'_>],
        threads: u32,
        backend: Option<Box<PieappBackend>>,
        journal: Option<fs_err::File>,
        lines: &mut [Option<BatchLine>],
    ) {
        let bar = bar(
            self.context.may_draw(),
            lines.len(),
            lines.len() - jobs.len(),
        );
        let (lines, journal) = (Mutex::new(lines), Mutex::new(journal));
        let batch = Batch {
            revision: self.revision,
            threads,
            backend,
            explain: &explain,
        };
        batch.run(jobs, &|index, line| {
            if let Some(journal) = &mut *lock(&journal) {
                // A journal that cannot be written only means that nothing is resumed; the whole result is
                // written at the end, and its failure is an error.
                let _unresumed =
                    serde_json::to_string(&line).map(|text| writeln!(journal, "{text}"));
            }
            lock(&lines)[index] = Some(line);
            bar.inc(1);
        });
        bar.finish_and_clear();
    }
}

fn explain(error: PairError) -> String {
    let failure = match error {
        PairError::Measure(e) => e.into(),
        PairError::Pieapp(e) => e.into(),
        PairError::Scoring(e) => e.into(),
        PairError::NoPieapp => Failure::new(
            Exit::ToolMissing,
            "without PIE-APP an upscaling has no score",
        ),
    };
    failure.message().to_owned()
}

fn write(destination: Output, lines: &[Option<BatchLine>]) -> Result<Exit, Failure> {
    let mut text = String::new();
    let mut failed = 0;
    for line in lines.iter().flatten() {
        failed += usize::from(!line.ok);
        text += &serde_json::to_string(line)?;
        text.push('\n');
    }
    destination.finish(&text)?;
    if failed == 0 {
        return Ok(Exit::Ok);
    }
    Err(
        Failure::bad_input(format!("{failed} of {} rows failed", lines.len()))
            .hint("their lines say why; the same command tries them again and keeps the others"),
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked has not left a half-written line: lines are replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(context: &Context, path: &Path) -> Result<Vec<BatchRow>, Failure> {
    let unopened = |e: std::io::Error| Failure::bad_input(e.to_string()).hint("check the path");
    let meta = fs_err::metadata(path).map_err(unopened)?;
    if !meta.is_file() {
        return Err(Failure::bad_input(format!("{}: not a file", path.display())).hint(COLUMNS));
    }
    let file = fs_err::File::open(path).map_err(unopened)?;
    let mut text = Vec::new();
    Text::new(file)
        .and_then(|mut file| file.read_to_end(&mut text))
        .map_err(|e| unreadable(path, &e))?;
    let table = rows(&text);
    context.warn_of_separator(path, Some(table.separator));
    let rows: Vec<BatchRow> = table
        .rows
        .into_iter()
        .map(|row| match row {
            Ok((_, row)) => Ok(row),
            Err((line, what)) => {
                let location = format!("{}:{line}", path.display());
                Err(Failure::bad_input(format!("{location}: {what}")).hint(COLUMNS))
            }
        })
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(
            Failure::bad_input(format!("{}: it has no rows", path.display())).hint(COLUMNS),
        );
    }
    Ok(rows)
}

/// The file that lines are added to while they come in. It begins with all that was there, less a
/// half-written line: until the end nothing of an earlier run is lost, whatever its rules were.
fn open_journal(path: &Path, earlier: &str) -> Result<fs_err::File, Failure> {
    Output::open(Some(path), &[])?.finish(earlier)?;
    let opened = fs_err::OpenOptions::new().append(true).open(path);
    opened.map_err(|e| Failure::unwritable(path, &e).hint("choose a folder you may write to"))
}

fn bar(draw: bool, rows: usize, done: usize) -> ProgressBar {
    if !draw {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(rows as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos:>6} of {len} pairs {wide_bar} {eta}") {
        bar.set_style(style);
    }
    bar.set_position(done as u64);
    bar
}
