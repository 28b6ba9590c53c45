//! `vidaio check`.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::pieapp::{Readiness, prepare};
use crate::check::{
    Cache, CaseResult, CaseState, CheckReport, Checker, Manifest, ManifestError, ManifestUse,
    bless, load, run_cases,
};
use crate::config::Settings;
use crate::domain::Task;
use crate::measure::PieappBackend;
use crate::report::{Format, check_page, check_table, junit, rows, to_csv};
use crate::rules::Catalogue;

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// TOML file with the cases; docs/reference/check.md describes it
    manifest: PathBuf,
    /// Write a JUnit report for CI
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the results as JSON; without FILE, instead of the table
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<PathBuf>,
    /// Write what comes out into the manifest as what is expected, and show the difference
    #[arg(long)]
    bless: bool,
    /// Cases side by side; threads and memory are shared out among them
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u32).range(1..=256))]
    jobs: u32,
    /// Folder of measurements that are kept [default: vidaio/check in the user's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Measure everything, keep nothing
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
    /// Run the commands of all cases, although they made the same files before
    #[arg(long)]
    rerun: bool,
}

pub(super) fn run(context: &Context, args: &CheckArgs) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalogue = Catalogue::embedded()?;
    let manifest = read(context, args, &settings, &catalogue)?;
    let outputs = Outputs::open(context, args, &manifest)?;
    missing(&manifest)?;
    let cache = match (&args.cache, args.no_cache) {
        (_, true) => Cache::default(),
        (Some(folder), _) => Cache::in_folder(folder.clone()),
        (None, false) => context
            .cache_dir()
            .map(Cache::in_folder)
            .unwrap_or_default(),
    };
    let mut checker = Checker::new(&catalogue, &cache);
    checker.pieapp = Mutex::new(pieapp(context, &settings, &manifest)?);
    checker.jobs = args.jobs;
    checker.threads = settings.threads;
    checker.memory = settings.memory;
    checker.rerun = args.rerun;
    let report = check(context, args, &manifest, &checker)?;
    outputs.finish(context, args, &manifest, &report)?;
    match (report.errors, report.regressed) {
        (0, 0) => Ok(Exit::Ok),
        (0, _) if args.bless => Ok(Exit::Ok),
        (0, _) => Ok(Exit::GateFailed),
        _ => Err(Failure::bad_input(format!(
            "{} of {} cases could not be scored",
            report.errors,
            report.cases.len()
        ))
        .hint("the table says why; what was measured is kept, so the next run goes on from there")),
    }
}

fn read(
    context: &Context,
    args: &CheckArgs,
    settings: &Settings,
    catalogue: &Catalogue,
) -> Result<Manifest, Failure> {
    let purpose = if args.bless {
        ManifestUse::Bless
    } else {
        ManifestUse::Check
    };
    // Cases that name no rules follow the newest, unless a person named others.
    let asked = context.is_set("rules").then_some(settings.rules.as_str());
    let fallback = catalogue.find(asked.unwrap_or("latest"))?.name.clone();
    Ok(load(&args.manifest, catalogue, &fallback, purpose)?)
}

/// PIE-APP, if a case needs it; a warning where something for it is missing.
fn pieapp(
    context: &Context,
    settings: &Settings,
    manifest: &Manifest,
) -> Result<Option<Box<PieappBackend>>, Failure> {
    if !manifest.cases.iter().any(|c| c.task == Task::Upscale) {
        return Ok(None);
    }
    Ok(match prepare(context, settings)? {
        Readiness::Ready(backend) => Some(backend),
        Readiness::Lacking(failure) => {
            context.warn(failure.message());
            None
        }
    })
}

fn check(
    context: &Context,
    args: &CheckArgs,
    manifest: &Manifest,
    checker: &Checker<'_>,
) -> Result<CheckReport, Failure> {
    let bar = bar(context.may_draw(), manifest.cases.len());
    let on_case = |result: &CaseResult| {
        bar.inc(1);
        if result.state != CaseState::Passed {
            bar.set_message(result.name.clone());
        }
    };
    let name = args.manifest.display().to_string();
    let report = run_cases(manifest, &name, checker, &on_case).map_err(|what| {
        Failure::new(Exit::ToolMissing, format!("{name}: {what}"))
            .hint("the command stands under `prepare` in the manifest; nothing was checked")
    })?;
    bar.finish_and_clear();
    Ok(report)
}

/// Every destination, opened before anything is measured.
struct Outputs {
    junit: Option<Output>,
    html: Option<Output>,
    json: Option<Output>,
    /// The table, or what takes its place.
    main: Output,
}

impl Outputs {
    fn open(context: &Context, args: &CheckArgs, manifest: &Manifest) -> Result<Self, Failure> {
        let inputs: Vec<&Path> = manifest
            .cases
            .iter()
            .flat_map(|c| {
                [c.manifest.as_path(), &c.reference, &c.output]
                    .into_iter()
                    .chain(c.payload.as_deref())
            })
            .chain([args.manifest.as_path()])
            .collect();
        let files = [&args.junit, &args.html, &args.json, &context.output];
        for (i, file) in files.iter().enumerate() {
            if file.is_some() && files[..i].contains(file) {
                return Err(Failure::usage("two results name the same file")
                    .hint("give each of --junit, --html, --json and -o a file of its own"));
            }
        }
        let open = |path: &Option<PathBuf>| {
            path.as_deref()
                .map(|path| Output::open(Some(path), &inputs))
                .transpose()
        };
        Ok(Self {
            junit: open(&args.junit)?,
            html: open(&args.html)?,
            json: if args.json_is_main() {
                None
            } else {
                open(&args.json)?
            },
            main: context.open_output(&inputs)?,
        })
    }

    fn finish(
        self,
        context: &Context,
        args: &CheckArgs,
        manifest: &Manifest,
        report: &CheckReport,
    ) -> Result<(), Failure> {
        if let Some(file) = self.junit {
            let text = junit(report).map_err(|e| Failure::new(Exit::Internal, e))?;
            file.finish(&text)?;
        }
        if let Some(file) = self.html {
            file.finish(&check_page(report))?;
        }
        let json = serde_json::to_string_pretty(report)? + "\n";
        if let Some(file) = self.json {
            file.finish(&json)?;
        }
        let text = if args.bless {
            blessed(manifest, report)?
        } else if args.json_is_main() {
            json
        } else {
            render(context.format()?, report)?
        };
        self.main.finish(&text)
    }
}

impl CheckArgs {
    /// JSON for standard output takes the place of the table.
    fn json_is_main(&self) -> bool {
        self.json.as_deref() == Some(Path::new("-"))
    }
}

fn render(format: Format, report: &CheckReport) -> Result<String, Failure> {
    Ok(match format {
        // One row a case.
        Format::Csv => {
            let cases: Result<Vec<_>, _> = report.cases.iter().map(serde_json::to_value).collect();
            to_csv(&cases?)
        }
        format => format.render(report, check_table)?,
    })
}

/// Refuses files that nothing makes, before anything runs.
fn missing(manifest: &Manifest) -> Result<(), Failure> {
    if !manifest.prepare.is_empty() {
        return Ok(());
    }
    let made: std::collections::BTreeSet<&Path> = manifest
        .cases
        .iter()
        .filter(|c| !c.command.is_empty())
        .map(|c| c.output.as_path())
        .collect();
    for case in &manifest.cases {
        let files = [
            Some(&case.reference),
            Some(&case.output),
            case.payload.as_ref(),
        ];
        for file in files.into_iter().flatten() {
            if !made.contains(file.as_path()) && !file.exists() {
                return Err(Failure::bad_input(format!(
                    "{}: case `{}`: {}: there is no such file",
                    case.manifest.display(),
                    case.name,
                    file.display()
                ))
                .hint("paths are meant from the manifest's folder; `command` and `prepare` make files"));
            }
        }
    }
    Ok(())
}

/// Writes expectations into every manifest that has cases, and shows what changed.
fn blessed(manifest: &Manifest, report: &CheckReport) -> Result<String, Failure> {
    let mut files: Vec<&Path> = manifest
        .cases
        .iter()
        .map(|c| c.manifest.as_path())
        .collect();
    files.sort_unstable();
    files.dedup();
    let mut cells = Vec::new();
    for file in files {
        let text = fs_err::read_to_string(file)
            .map_err(|e| Failure::bad_input(e.to_string()).hint("check the manifest"))?;
        let own: Vec<&CaseResult> = manifest
            .cases
            .iter()
            .filter(|c| c.manifest == file)
            .filter_map(|c| report.cases.iter().find(|r| r.name == c.name))
            .collect();
        let mut new = bless(&text, &own)
            .map_err(|e| Failure::bad_input(format!("{}: {e}", file.display())))?;
        if text.contains("\r\n") {
            // Line ends stay those of the file.
            new.text = new.text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if !new.changes.is_empty() {
            Output::open(Some(file), &[])?.finish(&new.text)?;
        }
        cells.extend(
            new.changes
                .into_iter()
                .map(|(case, field, before, after)| vec![case, field, before, after]),
        );
    }
    Ok(if cells.is_empty() {
        "nothing changed: everything was expected as it came out\n".into()
    } else {
        rows(&["case", "field", "expected before", "now"], &cells)
    })
}

fn bar(draw: bool, cases: usize) -> ProgressBar {
    if !draw {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(cases as u64);
    if let Ok(style) =
        ProgressStyle::with_template("{pos:>6} of {len} cases {wide_bar} {eta} {msg}")
    {
        bar.set_style(style);
    }
    bar
}

impl From<ManifestError> for Failure {
    fn from(error: ManifestError) -> Self {
        let hint = match &error {
            ManifestError::Unreadable { .. } => "check the path",
            ManifestError::Malformed { .. } => "docs/reference/check.md lists the keys",
            ManifestError::Empty { .. } => {
                "begin a case with [[case]]; docs/reference/check.md has an example"
            }
            ManifestError::Case { .. } => "mend the case; docs/reference/check.md describes it",
            _ => "one of them must come first: take a name out of `needs` or `include`",
        };
        Self::bad_input(error.to_string()).hint(hint)
    }
}
