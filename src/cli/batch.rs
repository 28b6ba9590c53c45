//! `vidaio score batch`: many pairs, with failures kept and work resumed.

use crate::domain::{MiB, Origin, RateMode, Seconds, Task, codec_family};
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::exit::Exit;
use super::failure::{Failure, unreadable};
use super::output::Output;
use super::pieapp::{Readiness, prepare};
use crate::assess::{PairScore, ScoreRequest};
use crate::config::Settings;
use crate::gates::Gate;
use crate::measure::{PieappBackend, SilentProgress};
use crate::media::library_versions;
use crate::metrics::vmaf::libvmaf_version;
use crate::rules::Revision;
use crate::text::{Text, rows};
use crate::verdict::GateVerdict;

/// Value of the `schema` field of a line.
const SCHEMA: &str = "vidaio.batch/1";

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

/// One row of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    task: String,
    reference: PathBuf,
    output: PathBuf,
    threshold: Option<f64>,
    length: Option<f64>,
    codec: Option<String>,
    mode: Option<String>,
    bitrate: Option<f64>,
    payload: Option<PathBuf>,
    scale: Option<u32>,
    origin: Option<Origin>,
}

/// One line of the result.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Line {
    schema: String,
    row: usize,
    ok: bool,
    task: String,
    reference: PathBuf,
    output: PathBuf,
    rules: String,
    rules_commit: String,
    seed: u64,
    s_f: Option<f64>,
    s_f_metrics: Option<f64>,
    zeroed_by: Option<Gate>,
    reason: Option<String>,
    vmaf: Option<f64>,
    pieapp: Option<f64>,
    compression_rate: Option<f64>,
    exact: Option<bool>,
    libvmaf: Option<String>,
    device: Option<String>,
    error: Option<String>,
    /// What the result depends on: rows whose key is already there are not measured again.
    key: String,
}

/// What rows share.
pub(super) struct Batch<'a> {
    pub(super) context: &'a Context,
    pub(super) revision: &'a Revision,
    pub(super) base: ScoreRequest,
    pub(super) settings: &'a Settings,
}

impl Batch<'_> {
    pub(super) fn run(&self, args: &BatchArgs) -> Result<Exit, Failure> {
        let rows = read(self.context, &args.pairs)?;
        let output = self
            .context
            .output
            .as_deref()
            .filter(|p| *p != Path::new("-"));
        // Says early whether the file can be written, and that it is none of the inputs.
        let inputs: Vec<&Path> = rows
            .iter()
            .flat_map(|r| [Some(&r.reference), Some(&r.output), r.payload.as_ref()])
            .flatten()
            .chain([&args.pairs])
            .map(PathBuf::as_path)
            .collect();
        let destination = self.context.open_output(&inputs)?;
        // Pipes and devices hold nothing to go on from.
        let output = output.filter(|path| path.is_file() || !path.exists());
        let earlier = match output {
            Some(path) if !args.fresh => finished(path)?,
            _ => Earlier::default(),
        };
        let done = earlier.done;
        let jobs = args.jobs.min(u32::try_from(rows.len()).unwrap_or(1)).max(1);
        let mut work: Vec<(usize, ScoreRequest, String)> = Vec::new();
        let mut lines: Vec<Option<Line>> = vec![None; rows.len()];
        for (i, row) in rows.iter().enumerate() {
            let request = self.request(row, jobs).map_err(|what| {
                Failure::bad_input(format!("{}: row {}: {what}", args.pairs.display(), i + 1))
                    .hint("docs/reference/batch.md lists the columns")
            })?;
            let key = self.key(row, &request);
            match done.get(&key) {
                Some(line) => {
                    lines[i] = Some(Line {
                        row: i + 1,
                        ..line.clone()
                    });
                }
                None => work.push((i, request, key)),
            }
        }
        if work.len() < rows.len() {
            self.context.warn(&format!(
                "{} of {} rows are there already and are kept; --fresh measures them again",
                rows.len() - work.len(),
                rows.len()
            ));
        }
        let backend = self.backend(&work)?;
        let journal = output
            .map(|path| journal(path, &earlier.text))
            .transpose()?;
        let bar = bar(self.context.may_draw(), rows.len(), rows.len() - work.len());
        let next = AtomicUsize::new(0);
        let (results, journal) = (Mutex::new(&mut lines), Mutex::new(journal));
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some((i, request, key)) =
                        work.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let line = self.line(*i, &rows[*i], request, key, &backend);
                        if let Some(journal) = &mut *lock(&journal) {
                            // A journal that cannot be written only means that nothing is resumed;
                            // the whole result is written at the end, and its failure is an error.
                            let _unresumed = serde_json::to_string(&line)
                                .map(|text| writeln!(journal, "{text}"));
                        }
                        lock(&results)[*i] = Some(line);
                        bar.inc(1);
                    }
                });
            }
        });
        bar.finish_and_clear();
        let mut text = String::new();
        let mut failed = 0;
        for line in lines.iter().flatten() {
            failed += usize::from(!line.ok);
            let line = serde_json::to_string(line)
                .map_err(|e| Failure::new(Exit::Internal, e.to_string()))?;
            text += &line;
            text.push('\n');
        }
        destination.finish(&text)?;
        if failed == 0 {
            return Ok(Exit::Ok);
        }
        Err(
            Failure::bad_input(format!("{failed} of {} rows failed", rows.len())).hint(
                "their lines say why; the same command tries them again and keeps the others",
            ),
        )
    }

    fn request(&self, row: &Row, jobs: u32) -> Result<ScoreRequest, String> {
        let task = match row.task.trim() {
            "compress" | "compression" => Task::Compress,
            "upscale" | "upscaling" => Task::Upscale,
            other => return Err(format!("`{other}` is no task; compress and upscale are")),
        };
        let mut request = self.base.request.clone();
        request.threshold = row.threshold.or(request.threshold);
        request.codec = row.codec.as_deref().map(codec_family).or(request.codec);
        request.bitrate = row.bitrate.or(request.bitrate);
        request.scale = row.scale.or(request.scale);
        if let Some(mode) = &row.mode {
            request.mode = Some(match mode.to_lowercase().as_str() {
                "crf" => RateMode::Crf,
                "vbr" => RateMode::Vbr,
                "cbr" => RateMode::Cbr,
                other => return Err(format!("`{other}` is no mode; CRF, VBR and CBR are")),
            });
        }
        if row.length.is_some_and(|l| !(l.is_finite() && l >= 0.0)) {
            return Err("a length is 0 seconds or more".into());
        }
        if row.bitrate.is_some_and(|b| !(b.is_finite() && b > 0.0)) {
            return Err("a bitrate is above 0 megabits a second".into());
        }
        if row.scale.is_some_and(|s| !(1..=16).contains(&s)) {
            return Err("a scale is 2 or 4".into());
        }
        if task == Task::Compress {
            if self.revision.compression.is_none() {
                return Err(format!("{} has no compression task", self.revision.name));
            }
            let rules = self.revision.compression.as_ref();
            let only = || rules?.only_threshold();
            request.threshold = request.threshold.or_else(only);
            match request.threshold {
                Some(t) if t > 0.0 && t <= 100.0 => {}
                Some(t) => return Err(format!("a threshold of {t} is none")),
                None => {
                    return Err(
                        "a compression needs a threshold, in its row or as --threshold".into(),
                    );
                }
            }
        }
        Ok(ScoreRequest {
            task,
            reference: row.reference.clone(),
            output: row.output.clone(),
            payload: row.payload.clone(),
            original: None,
            origin: row.origin.unwrap_or(self.base.origin),
            request,
            length: row.length.map(Seconds).or(self.base.length),
            threads: (self.settings.threads / jobs).max(1),
            memory: MiB((self.settings.memory / u64::from(jobs)).max(64)),
            ..self.base.clone()
        })
    }

    /// What a row's result depends on. Files count by size and time of change, so that a folder of
    /// long videos need not be read to find that nothing is left to do.
    fn key(&self, row: &Row, request: &ScoreRequest) -> String {
        let weights = self.settings.pieapp_weights.as_deref();
        let files: Vec<String> = request
            .files()
            .chain(weights)
            .map(|path| match fs_err::metadata(path) {
                Ok(meta) => format!("{} {:?}", meta.len(), meta.modified().ok()),
                Err(_) => "missing".into(),
            })
            .collect();
        let text = format!(
            "{} {} {:?} {:?} {:?} {:?} {} {} {} {:?} {:?} {} {:?} {files:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            libvmaf_version(),
            library_versions(),
            request.origin,
            row,
            request.request,
            self.revision.name,
            self.revision.commit,
            request.seed,
            request.frames,
            request.models,
            request.native,
            request.length,
            self.settings.pieapp_weights,
        );
        hex::encode(&Sha256::digest(text.as_bytes())[..16])
    }

    /// PIE-APP, if a row needs it; what is merely missing is told once.
    fn backend(
        &self,
        work: &[(usize, ScoreRequest, String)],
    ) -> Result<Mutex<Option<Box<PieappBackend>>>, Failure> {
        if !work.iter().any(|(_, r, _)| r.task == Task::Upscale) {
            return Ok(Mutex::new(None));
        }
        Ok(Mutex::new(match prepare(self.context, self.settings)? {
            Readiness::Ready(backend) => Some(backend),
            Readiness::Lacking(failure) => {
                self.context.warn(failure.message());
                self.context
                    .warn("upscalings are measured without PIE-APP and have no score");
                None
            }
        }))
    }

    fn line(
        &self,
        i: usize,
        row: &Row,
        request: &ScoreRequest,
        key: &str,
        backend: &Mutex<Option<Box<PieappBackend>>>,
    ) -> Line {
        let mut line = Line {
            schema: SCHEMA.into(),
            row: i + 1,
            task: crate::rules::spelled(&request.task),
            reference: row.reference.clone(),
            output: row.output.clone(),
            rules: self.revision.name.clone(),
            rules_commit: self.revision.commit.clone(),
            seed: request.seed,
            key: key.to_owned(),
            ..Line::default()
        };
        match self.score(request, backend) {
            Ok(Ok(score)) => fill(&mut line, &score),
            Ok(Err(gates)) => {
                line.ok = true;
                line.s_f = gates.score;
                line.zeroed_by = gates.decided_by;
                line.reason = gates.reason;
            }
            Err(failure) => line.error = Some(failure.message().to_owned()),
        }
        line
    }

    fn score(
        &self,
        request: &ScoreRequest,
        backend: &Mutex<Option<Box<PieappBackend>>>,
    ) -> Result<Result<PairScore, GateVerdict>, Failure> {
        let measured = if request.task == Task::Upscale {
            // One network serves all rows, one after another.
            let mut backend = lock(backend);
            request.measure(self.revision, &[], backend.as_deref_mut(), &SilentProgress)
        } else {
            request.measure(self.revision, &[], None, &SilentProgress)
        };
        let measured = match measured {
            Ok(measured) => measured,
            // A pair that does not fit together is a gate's verdict, as validators have it.
            Err(e) => match request.judge_unmeasured(self.revision, &e) {
                Some(gates) => return Ok(Err(gates)),
                None => return Err(e.into()),
            },
        };
        if let Some(failure) = measured.pieapp_failure {
            return Err(failure.into());
        }
        let score = request.judge(measured.measurement, self.revision, &[])?;
        if score.s_f().is_none() {
            return Err(Failure::new(
                Exit::ToolMissing,
                "without PIE-APP an upscaling has no score",
            ));
        }
        Ok(Ok(score))
    }
}

fn fill(line: &mut Line, score: &PairScore) {
    line.ok = true;
    line.s_f = score.s_f();
    line.s_f_metrics = score.s_f_metrics();
    line.vmaf = Some(score.vmaf());
    line.zeroed_by = score
        .gates()
        .decided_by
        .filter(|_| score.gates().score.is_some());
    line.reason = score.gates().reason.clone();
    let backend = &score.measurement().backend;
    line.libvmaf = Some(backend.libvmaf.clone());
    line.device = backend.device.clone();
    match score {
        PairScore::Compress(v) => {
            line.compression_rate = Some(v.compression_rate);
            line.exact = Some(v.exact);
            line.reason = line.reason.take().or(Some(v.reason_text.clone()));
        }
        PairScore::Upscale(v) => {
            line.pieapp = v.pieapp;
            line.exact = Some(v.exact);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panicked has not left a half-written line: lines are replaced whole.
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn read(context: &Context, path: &Path) -> Result<Vec<Row>, Failure> {
    let hint = "docs/reference/batch.md lists the columns";
    let meta = fs_err::metadata(path)
        .map_err(|e| Failure::bad_input(e.to_string()).hint("check the path"))?;
    if !meta.is_file() {
        return Err(Failure::bad_input(format!("{}: not a file", path.display())).hint(hint));
    }
    let file = fs_err::File::open(path)
        .map_err(|e| Failure::bad_input(e.to_string()).hint("check the path"))?;
    let mut text = Vec::new();
    Text::new(file)
        .and_then(|mut file| file.read_to_end(&mut text))
        .map_err(|e| unreadable(path, &e))?;
    let table = rows(&text);
    context.parted(path, Some(table.separator));
    let rows: Vec<Row> = table
        .rows
        .into_iter()
        .map(|row| match row {
            Ok((_, row)) => Ok(row),
            Err((line, what)) => {
                let place = format!("{}:{line}", path.display());
                Err(Failure::bad_input(format!("{place}: {what}")).hint(hint))
            }
        })
        .collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Err(Failure::bad_input(format!("{}: it has no rows", path.display())).hint(hint));
    }
    Ok(rows)
}

/// What an earlier run left.
#[derive(Default)]
struct Earlier {
    /// Its whole lines.
    text: String,
    /// Those that need not be done again, by their keys.
    done: HashMap<String, Line>,
}

fn finished(path: &Path) -> Result<Earlier, Failure> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Earlier::default()),
        Err(e) => {
            return Err(Failure::unwritable(path, &e).hint("choose another name"));
        }
    };
    let mut earlier = Earlier::default();
    let count = text.lines().count();
    for (i, line) in text.lines().enumerate() {
        match serde_json::from_str::<Line>(line) {
            Ok(read) if read.schema == SCHEMA => {
                earlier.text += line;
                earlier.text.push('\n');
                if read.ok {
                    earlier.done.insert(read.key.clone(), read);
                }
            }
            // A run that was killed may have left its last line half written.
            Err(_) if i + 1 == count && !text.ends_with('\n') => {}
            _ => {
                return Err(Failure::new(
                    Exit::Output,
                    format!("{}:{}: this is no result of a batch", path.display(), i + 1),
                )
                .hint("choose another name for the results, or --fresh to replace it"));
            }
        }
    }
    Ok(earlier)
}

/// The file that lines are added to while they come in. It begins with all that was there, less a
/// half-written line: until the end nothing of an earlier run is lost, whatever its rules were.
fn journal(path: &Path, earlier: &str) -> Result<fs_err::File, Failure> {
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
