//! What the commands over a history share: which rounds, in which order, and what is said about them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::failure::Failure;
use super::noticed::Noticed;
use super::task;
use crate::domain::Task;
use crate::history::{
    Bad, Gaps, HistoryError, HistoryFile, Kept, LocatedRecord, Record, Scan, is_history_file, read,
    sources,
};
use crate::rules::Revision;
use crate::scoring::LedgerError;
use crate::standing::HistoryFacts;

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

/// Takes rounds in their order.
pub(super) trait Taker {
    /// Forgets everything: the rounds come again, in another order.
    fn restart(&mut self);
    /// The next round, as it goes by.
    fn pass(&mut self, entry: &LocatedRecord<'_>);
    /// The next round, held since it was read.
    fn held(&mut self, kept: Kept);
}

/// What rounds are wanted for.
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
    taker: &mut dyn Taker,
) -> Result<Walked, Failure> {
    let sources = sources(&args.folder)?;
    let bad = if args.skip_bad {
        Bad::Skip
    } else {
        Bad::Refuse
    };
    let together = purpose == WalkPurpose::Windows { together: true };
    let only = args.task.filter(|_| !together);
    let of_uid = |record: &Record| match (args.uid, record.uid) {
        (None, _) => true,
        (Some(_), None) => args.unnamed_too,
        (Some(asked), Some(uid)) => asked == uid,
    };
    let wanted =
        |record: &Record| only.is_none_or(|task| task == record.round.task) && of_uid(record);
    let (mut noticed, mut gaps) = (Noticed::default(), Gaps::default());
    let mut others = BTreeSet::new();
    let scan = read(&sources, bad, &mut |entry| {
        if of_uid(&entry.record) {
            gaps.see(&entry.record);
        } else {
            others.extend(entry.record.uid);
        }
        if wanted(&entry.record) {
            noticed.see(&entry.record);
            taker.pass(entry);
        }
    })?;
    let order = noticed.sequence.order();
    if !noticed.sequence.in_order() {
        context
            .say("the files do not hold the rounds in their order: they are read again and sorted");
        let mut held = Vec::new();
        read(&sources, bad, &mut |entry| {
            if wanted(&entry.record) {
                held.push((noticed.sequence.key(&entry.record), Kept::from(entry)));
            }
        })?;
        held.sort_by_key(|(key, _)| *key);
        taker.restart();
        noticed = Noticed::default();
        for (_, kept) in held {
            noticed.see(&kept.record);
            taker.held(kept);
        }
    }
    check(args, &sources, &scan, &noticed, &others)?;
    if let Some(first) = &scan.first_bad {
        context.warn(&format!(
            "{} records and {} files were passed over, the first: {first}",
            scan.bad_records, scan.bad_files
        ));
    }
    noticed.warn(context, revision, purpose == WalkPurpose::Ledger);
    let mut notes = scan.notes();
    notes.extend(noticed.sequence.ties());
    notes.extend(gaps.note());
    notes.extend(noticed.other_rules(revision));
    for note in &notes {
        context.warn(note);
    }
    Ok(Walked {
        facts: HistoryFacts {
            folder: args.folder.clone(),
            files: sources.len(),
            records: noticed.taken,
            order,
            skipped_records: scan.bad_records,
            skipped_files: scan.bad_files,
        },
        sources,
        notes,
    })
}

/// Refuses a history that gave nothing, or more than one miner.
fn check(
    args: &RoundsArgs,
    sources: &[HistoryFile],
    scan: &Scan,
    noticed: &Noticed,
    others: &BTreeSet<u16>,
) -> Result<(), Failure> {
    let folder = args.folder.display();
    let list = |uids: &BTreeSet<u16>| {
        let shown: Vec<String> = uids.iter().take(10).map(u16::to_string).collect();
        shown.join(", ") + if uids.len() > 10 { " …" } else { "" }
    };
    if noticed.uids.len() > 1 {
        let count = noticed.uids.len();
        return Err(
            Failure::usage(format!("{folder}: the rounds belong to {count} miners"))
                .hint(format!("choose one with --uid: {}", list(&noticed.uids))),
        );
    }
    if noticed.taken > 0 {
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

/// Where a replay stopped.
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
        let place = sources.get(self.source).map_or_else(String::new, |s| {
            format!("{}:{}: ", s.path.display(), self.line)
        });
        let hint = match self.error {
            LedgerError::Grade(_) => "write `grade` into the record, or leave the round out",
            LedgerError::Score { .. } => {
                "name the revision that the rounds were scored under: --rules"
            }
        };
        Failure::bad_input(format!("{place}{}", self.error)).hint(hint)
    }
}

/// What a round is called, and the name of its file: its number, else the file with its place in it.
pub(super) fn label(sources: &[HistoryFile], kept: &Kept) -> (String, String) {
    let file = sources
        .get(kept.source)
        .map(HistoryFile::name)
        .unwrap_or_default();
    let label = match (kept.record.number, kept.item) {
        (Some(number), _) => number.to_string(),
        (None, Some(item)) => format!("{file}[{item}]"),
        (None, None) if kept.line <= 1 => file.clone(),
        (None, None) => format!("{file}:{}", kept.line),
    };
    (label, file)
}
