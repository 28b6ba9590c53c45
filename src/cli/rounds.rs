//! Shared by the commands over a history: which rounds are read, in which order, and the warnings about them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::failure::Failure;
use super::task;
use crate::domain::Task;
use crate::history::{Bad, HistoryError, HistoryFile, is_history_file, sources};
use crate::rules::Revision;
use crate::scoring::LedgerError;
use crate::standing::{self, HistoryFacts, RoundFilter, RoundSink, Walk};

#[derive(Debug, clap::Args)]
pub(super) struct RoundsArgs {
    /// Folder of rounds: JSON, JSON lines and CSV files
    #[arg(value_name = "HISTORY")]
    pub(super) folder: PathBuf,
    /// Only rounds of this task
    #[arg(long, value_parser = task::noun())]
    pub(super) task: Option<Task>,
    /// Only rounds of this miner
    #[arg(long)]
    uid: Option<u16>,
    /// Pass over files and records that cannot be read, and say how many
    #[arg(long)]
    skip_bad: bool,
    /// Whether rounds that name no miner are taken as those of the miner that was asked for.
    #[arg(skip)]
    unnamed_too: bool,
}

impl RoundsArgs {
    /// Every round of one miner; those that name none count as its own.
    #[cfg(feature = "subnet")]
    pub(super) fn of(folder: PathBuf, uid: u16, skip_bad: bool) -> Self {
        Self {
            folder,
            task: None,
            uid: Some(uid),
            skip_bad,
            unnamed_too: true,
        }
    }
}

/// Why rounds are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WalkPurpose {
    /// The last windows; those of `script` hold both tasks, whichever is to be shown.
    Windows { together: bool },
    /// The standing, which needs more keys.
    Ledger,
}

/// What a walk over a history gave.
pub(super) struct Walked {
    pub(super) facts: HistoryFacts,
    pub(super) sources: Vec<HistoryFile>,
    pub(super) notes: Vec<String>,
}

/// Walks over the rounds that were asked for, in their order.
pub(super) fn walk(
    context: &Context,
    args: &RoundsArgs,
    revision: &Revision,
    purpose: WalkPurpose,
    sink: &mut dyn RoundSink,
) -> Result<Walked, Failure> {
    let sources = sources(&args.folder)?;
    let bad = if args.skip_bad {
        Bad::Skip
    } else {
        Bad::Refuse
    };
    let together = purpose == WalkPurpose::Windows { together: true };
    let filter = RoundFilter {
        task: args.task.filter(|_| !together),
        uid: args.uid,
        unnamed_too: args.unnamed_too,
    };
    let found = standing::walk(&sources, bad, filter, sink, &|| {
        context
            .say("the files do not hold the rounds in their order: they are read again and sorted");
    })?;
    check(args, &sources, &found)?;
    let notes = warn(context, revision, purpose, &found);
    Ok(Walked {
        facts: HistoryFacts {
            folder: args.folder.clone(),
            files: sources.len(),
            records: found.survey.taken,
            order: found.order,
            skipped_records: found.scan.bad_records,
            skipped_files: found.scan.bad_files,
        },
        sources,
        notes,
    })
}

/// Warns of everything that may surprise, and returns what results repeat as notes.
fn warn(context: &Context, revision: &Revision, purpose: WalkPurpose, found: &Walk) -> Vec<String> {
    let (scan, survey) = (&found.scan, &found.survey);
    if let Some(first) = &scan.first_bad {
        context.warn(&format!(
            "{} records and {} files were passed over, the first: {first}",
            scan.bad_records, scan.bad_files
        ));
    }
    for warning in survey.missing_keys(revision, purpose == WalkPurpose::Ledger) {
        context.warn(&warning);
    }
    let mut notes = scan.notes();
    notes.extend(survey.sequence.ties());
    notes.extend(found.gaps.note());
    notes.extend(survey.other_rules(revision));
    for note in &notes {
        context.warn(note);
    }
    notes
}

/// Refuses a history that gave nothing, or more than one miner.
fn check(args: &RoundsArgs, sources: &[HistoryFile], found: &Walk) -> Result<(), Failure> {
    let (scan, survey, others) = (&found.scan, &found.survey, &found.other_uids);
    let folder = args.folder.display();
    let list = |uids: &BTreeSet<u16>| {
        let shown: Vec<String> = uids.iter().take(10).map(u16::to_string).collect();
        shown.join(", ") + if uids.len() > 10 { " …" } else { "" }
    };
    if survey.uids.len() > 1 {
        let count = survey.uids.len();
        return Err(
            Failure::usage(format!("{folder}: the rounds belong to {count} miners"))
                .hint(format!("choose one with --uid: {}", list(&survey.uids))),
        );
    }
    if survey.taken > 0 {
        return Ok(());
    }
    if scan.records == 0 {
        if scan.first_bad.is_some() {
            return Err(
                Failure::bad_input(format!("{folder}: nothing in it could be read"))
                    .hint("leave --skip-bad out to see what is wrong first"),
            );
        }
        return Err(HistoryError::NoRecords {
            path: args.folder.clone(),
            files: sources.len(),
        }
        .into());
    }
    let failure = Failure::bad_input(format!(
        "{folder}: none of its {} rounds is what was asked for",
        scan.records
    ));
    Err(match (args.uid, args.task) {
        (Some(_), None) if others.is_empty() => {
            failure.hint("the records name no uid: leave --uid out")
        }
        (Some(_), None) => failure.hint(format!("the rounds belong to uid {}", list(others))),
        _ => failure.hint("leave --task out to see both tasks"),
    })
}

/// A result inside the folder would be read as a round the next time.
pub(super) fn refuse_own_folder(
    folder: &Path,
    outputs: &[Option<&PathBuf>],
) -> Result<(), Failure> {
    for output in outputs.iter().flatten() {
        let parent = output.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let same = matches!(
            (fs_err::canonicalize(parent), fs_err::canonicalize(folder)),
            (Ok(a), Ok(b)) if a == b
        );
        if is_history_file(output) && same {
            return Err(Failure::usage(format!(
                "{}: a result inside the history would be read as rounds the next time",
                output.display()
            ))
            .hint("write it outside the folder"));
        }
    }
    Ok(())
}

/// The record at which a replay failed.
pub(super) struct Stopped {
    error: LedgerError,
    source: usize,
    line: u64,
}

impl Stopped {
    pub(super) fn at(error: LedgerError, source: usize, line: u64) -> Self {
        Self {
            error,
            source,
            line,
        }
    }

    pub(super) fn failure(&self, sources: &[HistoryFile]) -> Failure {
        let location = sources.get(self.source).map_or_else(String::new, |s| {
            format!("{}:{}: ", s.path.display(), self.line)
        });
        let hint = match self.error {
            LedgerError::Grade(_) => "write `grade` into the record, or leave the round out",
            LedgerError::Score { .. } => {
                "name the revision that the rounds were scored under: --rules"
            }
        };
        Failure::bad_input(format!("{location}{}", self.error)).hint(hint)
    }
}
