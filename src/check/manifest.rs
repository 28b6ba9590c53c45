//! Reading manifests: every mistake is reported with file, line and column before anything runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::case::{Case, Expectation};
use super::error::{CaseError, ManifestError};
use super::order::{ordered, wait_for_makers};
use crate::domain::{Origin, RateMode, Task, codec_family};
use crate::rules::{Catalogue, Revision};

/// Cases in an order in which each comes after those that it needs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// Commands that are run before anything else, each with the folder it runs in.
    pub prepare: Vec<(PathBuf, Vec<String>)>,
    /// The cases.
    pub cases: Vec<Case>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    include: Vec<PathBuf>,
    #[serde(default)]
    prepare: Vec<Vec<String>>,
    #[serde(default)]
    defaults: Settings,
    #[serde(default)]
    case: Vec<toml::Spanned<Entry>>,
}

/// What a case has, or all cases of a manifest share.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    rules: Option<String>,
    seed: Option<u64>,
    threshold: Option<f64>,
    length: Option<f64>,
    tolerance: Option<f64>,
    vmaf_tolerance: Option<f64>,
    origin: Option<Origin>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    task: Task,
    reference: PathBuf,
    output: PathBuf,
    payload: Option<PathBuf>,
    command: Option<Vec<String>>,
    #[serde(default)]
    needs: Vec<String>,
    rules: Option<String>,
    seed: Option<u64>,
    threshold: Option<f64>,
    length: Option<f64>,
    codec: Option<String>,
    mode: Option<RateMode>,
    bitrate: Option<f64>,
    scale: Option<u32>,
    origin: Option<Origin>,
    #[serde(default)]
    expect: Expectation,
}

/// Why a manifest is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestUse {
    /// Every case must have an expectation.
    Check,
    /// Expectations are written, so they may be missing.
    Bless,
}

/// Reads a manifest and all that it includes; cases that name no rules go by `rules`.
///
/// # Errors
/// The first mistake, with its file and line.
pub fn load(
    path: &Path,
    catalogue: &Catalogue,
    rules: &str,
    purpose: ManifestUse,
) -> Result<Manifest, ManifestError> {
    let mut found = Manifest {
        prepare: Vec::new(),
        cases: Vec::new(),
    };
    let mut lines = BTreeMap::new();
    let reader = Reader {
        catalogue,
        rules,
        purpose,
    };
    reader.read(path, &mut Vec::new(), &mut found, &mut lines)?;
    if found.cases.is_empty() {
        return Err(ManifestError::Empty {
            path: path.to_path_buf(),
        });
    }
    wait_for_makers(&mut found.cases, &lines)?;
    found.cases = ordered(path, found.cases, &lines)?;
    Ok(found)
}

struct Reader<'a> {
    catalogue: &'a Catalogue,
    rules: &'a str,
    purpose: ManifestUse,
}

impl Reader<'_> {
    fn read(
        &self,
        path: &Path,
        above: &mut Vec<PathBuf>,
        found: &mut Manifest,
        lines: &mut BTreeMap<String, usize>,
    ) -> Result<(), ManifestError> {
        let unreadable = |e: std::io::Error| ManifestError::Unreadable {
            path: path.to_path_buf(),
            reason: without_path(&e),
        };
        let whole = std::fs::canonicalize(path).map_err(unreadable)?;
        if above.contains(&whole) {
            let mut circle: Vec<String> = above.iter().map(|p| p.display().to_string()).collect();
            circle.push(whole.display().to_string());
            return Err(ManifestError::Circle {
                path: path.to_path_buf(),
                what: "manifests",
                circle: circle.join(" -> "),
            });
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let file: File = toml::from_str(&text).map_err(|e| {
            let (line, column) = e
                .span()
                .map_or((1, 1), |span| line_and_column(&text, span.start));
            ManifestError::Malformed {
                path: path.to_path_buf(),
                reason: format!("{line}:{column}: {}", e.message()),
            }
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        above.push(whole);
        for inner in &file.include {
            self.read(&folder.join(inner), above, found, lines)?;
        }
        above.pop();
        for command in file.prepare {
            if command.is_empty() {
                return Err(ManifestError::Malformed {
                    path: path.to_path_buf(),
                    reason: "1:1: a command of `prepare` is empty".into(),
                });
            }
            found.prepare.push((folder.clone(), command));
        }
        for (position, entry) in file.case.into_iter().enumerate() {
            let (line, _) = line_and_column(&text, entry.span().start);
            let entry = entry.into_inner();
            let wrong = |reason: CaseError| ManifestError::Case {
                path: path.to_path_buf(),
                line,
                case: entry.name.clone(),
                reason,
            };
            if lines.insert(entry.name.clone(), line).is_some() {
                return Err(wrong(CaseError::NameTaken));
            }
            let case = self
                .settle(path, position, &folder, &file.defaults, entry.clone())
                .map_err(wrong)?;
            found.cases.push(case);
        }
        Ok(())
    }

    fn settle(
        &self,
        path: &Path,
        position: usize,
        folder: &Path,
        defaults: &Settings,
        entry: Entry,
    ) -> Result<Case, CaseError> {
        if entry.name.trim().is_empty() {
            return Err(CaseError::EmptyName);
        }
        let asked = entry
            .rules
            .clone()
            .or_else(|| defaults.rules.clone())
            .unwrap_or_else(|| self.rules.to_owned());
        let revision = self.catalogue.find(&asked)?;
        let mut expect = entry.expect.clone();
        let wants_nothing = expect == Expectation::default();
        expect.tolerance = expect.tolerance.or(defaults.tolerance);
        expect.vmaf_tolerance = expect.vmaf_tolerance.or(defaults.vmaf_tolerance);
        numbers(&expect)?;
        if wants_nothing && self.purpose == ManifestUse::Check {
            return Err(CaseError::NothingExpected);
        }
        check_keys(&entry)?;
        let command = command(folder, &entry)?;
        let length = entry.length.or(defaults.length);
        if length.is_some_and(|l| !(l.is_finite() && l >= 0.0)) {
            return Err(CaseError::Length);
        }
        if entry.bitrate.is_some_and(|b| !(b.is_finite() && b > 0.0)) {
            return Err(CaseError::Bitrate);
        }
        if entry.scale.is_some_and(|s| !(1..=16).contains(&s)) {
            return Err(CaseError::Scale);
        }
        let threshold = entry.threshold.or(defaults.threshold);
        Ok(Case {
            threshold: threshold_of(entry.task, threshold, revision)?,
            name: entry.name,
            manifest: path.to_path_buf(),
            position,
            task: entry.task,
            reference: folder.join(entry.reference),
            output: folder.join(entry.output),
            payload: entry.payload.map(|p| folder.join(p)),
            command,
            needs: entry.needs,
            rules: revision.name.clone(),
            seed: entry.seed.or(defaults.seed).unwrap_or(0),
            length,
            codec: entry.codec.as_deref().map(codec_family),
            mode: entry.mode,
            bitrate: entry.bitrate,
            scale: entry.scale,
            origin: entry.origin.or(defaults.origin).unwrap_or_default(),
            expect,
        })
    }
}

/// Refuses keys of the other task.
fn check_keys(entry: &Entry) -> Result<(), CaseError> {
    let foreign = match entry.task {
        Task::Compress => [
            ("payload", entry.payload.is_some()),
            ("scale", entry.scale.is_some()),
            ("length", entry.length.is_some()),
            ("", false),
        ],
        Task::Upscale => [
            ("threshold", entry.threshold.is_some()),
            ("codec", entry.codec.is_some()),
            ("mode", entry.mode.is_some()),
            ("bitrate", entry.bitrate.is_some()),
        ],
    };
    if let Some((key, _)) = foreign.iter().find(|(_, given)| *given) {
        return Err(CaseError::ForeignKey(key));
    }
    Ok(())
}

/// The command of a case; one that would write over its own input is refused.
fn command(folder: &Path, entry: &Entry) -> Result<Vec<String>, CaseError> {
    if entry.command.as_ref().is_some_and(Vec::is_empty) {
        return Err(CaseError::EmptyCommand);
    }
    let command = entry.command.clone().unwrap_or_default();
    let same = |other: &Path| {
        let whole = |path: &Path| std::fs::canonicalize(folder.join(path)).ok();
        entry.output == other
            || (whole(&entry.output).is_some() && whole(&entry.output) == whole(other))
    };
    let inputs = [Some(&entry.reference), entry.payload.as_ref()];
    if !command.is_empty() && inputs.into_iter().flatten().any(|input| same(input)) {
        return Err(CaseError::WritesOverInput);
    }
    Ok(command)
}

/// The message without the path, which is named already.
fn without_path(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::IsADirectory => "this is a folder".into(),
        _ => error.to_string(),
    }
}

/// Line and column, from 1, of a byte of a text.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

fn numbers(expect: &Expectation) -> Result<(), CaseError> {
    let finite = [
        ("score", expect.score),
        ("min", expect.min),
        ("max", expect.max),
        ("vmaf", expect.vmaf),
        ("tolerance", expect.tolerance),
        ("vmaf_tolerance", expect.vmaf_tolerance),
    ];
    for (name, value) in finite {
        if value.is_some_and(|v| !v.is_finite()) {
            return Err(CaseError::NotFinite(name));
        }
        if name.ends_with("tolerance") && value.is_some_and(|v| v < 0.0) {
            return Err(CaseError::BelowZero(name));
        }
    }
    if let (Some(min), Some(max)) = (expect.min, expect.max)
        && min > max
    {
        return Err(CaseError::MinAboveMax { min, max });
    }
    Ok(())
}

fn threshold_of(
    task: Task,
    given: Option<f64>,
    revision: &Revision,
) -> Result<Option<f64>, CaseError> {
    if task == Task::Upscale {
        return Ok(None);
    }
    let Some(rules) = &revision.compression else {
        return Err(CaseError::NoCompressionTask(revision.name.clone()));
    };
    let threshold = match (given, rules.thresholds.as_slice()) {
        (Some(given), _) => given,
        (None, [only]) => *only,
        _ => return Err(CaseError::NoThreshold),
    };
    if threshold > 0.0 && threshold <= 100.0 {
        Ok(Some(threshold))
    } else {
        Err(CaseError::Threshold(threshold))
    }
}
